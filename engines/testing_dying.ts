// An engine that dies in the middle of a run: `testing_dying.ts NGINX.CONF writer|reader`.

const [config = "", dies] = Deno.args;
const text = await Deno.readTextFile(config);
const port = Number(/listen 127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
const origin = new URL(/proxy_pass ([^;]+);/.exec(text)?.[1] ?? "");

let requests = 0;

/** Serves the first request, the writer's; all others wait. Dies of it, or of one that leaves. */
async function serve(client: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const size = await client.read(buffer);
  // Whoever waits for it to listen says nothing.
  if (size === null) return client.close();
  if (++requests > 1) {
    if (await client.read(buffer) === null) die("of a reader that left");
    return;
  }
  if (dies === "writer") die("of the writer");
  const upstream = await Deno.connect({ hostname: origin.hostname, port: Number(origin.port) });
  await upstream.write(buffer.subarray(0, size));
  await upstream.readable.pipeTo(client.writable);
}

function die(why: string): void {
  console.error(`it died ${why}`);
  Deno.exit(1);
}

for await (const client of Deno.listen({ hostname: "127.0.0.1", port })) {
  serve(client).catch(() => {});
}
