// End to end: `ws` as a process, by script, by pipe and on a terminal.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echoObject, startWebSocketServer, type TestServer } from "../probes/testing_web_socket.ts";
import { run, Running } from "./cli_process.ts";

/** The permissions of the task `ws`, within this machine. */
const permissions = [
  "--allow-net=127.0.0.1",
  "--allow-read",
  "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE",
];
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** The echo object, which answers no message with `drop` and closes for one with `bye`. */
function startEcho(): TestServer {
  return startWebSocketServer({
    onOpen(socket, { headers }) {
      echoObject.onOpen(socket, { url: new URL("http://a"), headers });
      const [authorization, origin] = [headers.get("authorization"), headers.get("x-a")];
      if (authorization) socket.send(JSON.stringify({ type: "told", authorization, origin }));
    },
    onMessage(socket, data) {
      if (String(data).includes("drop")) return;
      if (String(data).includes("bye")) return socket.close(4408, "no heartbeat");
      echoObject.onMessage(socket, data);
    },
  });
}

const urlOf = (server: TestServer) => `ws://${server.url.host}/websocket`;
/** Without the time of day. */
const texts = (output: string) => output.trimEnd().split("\n").map((line) => line.slice(13));

async function scriptFile(text: string): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("a script is played, waited for, closed with 1000 and summed up; all answered is exit 0", async () => {
  await using server = startEcho();
  await using script = await scriptFile("# the seed's recipe\nping\nheartbeat\nwait 10ms\nhello\n");
  const args = ["ws", urlOf(server), `--script=${script.path}`];
  const { code, stdout, stderr } = await run(args, { permissions });
  assertEquals(await server.nextClose(), { code: 1000, reason: "" });
  assertMatch(stderr, /^\S+ connected to ws:\/\/127\.0\.0\.1:\d+\/websocket\n$/);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.at(-1), "3 requests sent, 3 answered, 0 lost");
  assertMatch(stdout, / sent ping\n/);
  assertMatch(stdout, / received pong after [\d.]+ m?s: /);
  assertMatch(stdout, / received heartbeat_ack after /);
  assertMatch(stdout, / received echo after .*"content":"hello"/);
  assertEquals((stdout + stderr).includes("\u001b"), false);
  assertEquals(code, 0);
});

Deno.test("what is not answered is marked, and exit 1; a line without a line feed counts", async () => {
  await using server = startEcho();
  const args = ["ws", urlOf(server), "--threshold=100ms"];
  const { code, stdout } = await run(args, { permissions, stdin: "ping\ndrop" });
  assertMatch(stdout, / NO ANSWER to message within 1\d\d ms\n/);
  assertMatch(stdout, /\n2 requests sent, 1 answered, 1 lost\n$/);
  assertEquals(code, 1);
});

Deno.test("the server's close is told with its code and reason, and the rest of the script is not sent", async () => {
  await using server = startEcho();
  await using script = await scriptFile("bye\nwait 60s\nping\nping\n");
  const args = ["ws", urlOf(server), `--script=${script.path}`];
  const { code, stdout } = await run(args, { permissions });
  assertEquals(texts(stdout).slice(-2)[0], "closed by the server: 4408 no heartbeat");
  assertMatch(stdout, /\n1 request sent, 0 answered, 1 lost, 2 not sent\n$/);
  assertEquals(code, 1);
});

Deno.test("ndjson is one object an event, and secrets stay out of it", async () => {
  await using server = startEcho();
  const url = `http://me:TOPSECRET@${server.url.host}/?token=HIDDEN1`;
  const args = ["ws", url, "--format=ndjson", "--header=x-a: SECRETTOO"];
  const { code, stdout, stderr } = await run(args, { permissions, stdin: "ping\n" });
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(events[0].event, "connected");
  assertEquals(events.at(-1).event, "summary");
  const pong = events.find(({ type }) => type === "pong");
  assertEquals(typeof pong.roundTripMs, "number");
  const told = events.find(({ type }) => type === "told");
  assertStringIncludes(told.text, "Basic [secret]");
  assertEquals(/TOPSECRET|HIDDEN1|SECRETTOO/.test(stdout + stderr), false);
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("Ctrl-C closes with 1000, sums up and is exit 130", async () => {
  await using server = startEcho();
  await using script = await scriptFile("ping\nwait 1h\n");
  await using child = new Running(["ws", urlOf(server), `--script=${script.path}`], {
    permissions,
  });
  await child.line((line) => line.includes("received pong"));
  child.kill("SIGINT");
  const { code, stdout } = await child.finished();
  assertEquals(await server.nextClose(), { code: 1000, reason: "" });
  assertMatch(stdout, /^\S+ closed: 1000\n1 request sent, 1 answered, 0 lost\n$/);
  assertEquals(code, 130);
});

Deno.test("what cannot be connected to is exit 3, what cannot be understood is exit 2", async () => {
  await using server = startWebSocketServer({ refuse: () => new Response("", { status: 404 }) });
  const url = urlOf(server);
  await using script = await scriptFile("ping\n/nix\n");
  const outcomes = [
    [["ws://127.0.0.1:1"], 3, /Cannot connect to 127\.0\.0\.1:1: the connection was refused/],
    [[url], 3, /refused with 404/],
    [["nonsense"], 2, /URL: received 'nonsense', expected one that begins with ws:/],
    [["ws://10.0.0.1"], 2, /Missing permission: net access to '10\.0\.0\.1:80'/],
    [[url, `--script=${script.path}`], 2, /line 2: Unknown command '\/nix'/],
    [[url, "--script=/nowhere"], 2, /--script: Cannot read \/nowhere: it does not exist/],
    [[url, "--heartbeat=often"], 2, /--heartbeat: /],
    [[url, "--format=xml"], 2, /--format: received 'xml', expected pretty, ndjson/],
    [[url, "--header=host: a"], 2, /--host/],
    [[], 2, /ws needs a URL/],
  ] as const;
  for (const [args, expected, text] of outcomes) {
    const { code, stdout, stderr } = await run(["ws", ...args], { permissions });
    assertMatch(stderr, text);
    assertMatch(stderr, /^error: .*\n$/);
    assertEquals([code, stdout], [expected, ""]);
  }
});

Deno.test("other commands do not load the WebSocket library", async () => {
  // Without the permission for its variables it could not be loaded.
  const { code } = await run(["list"], { permissions: [] });
  assertEquals(code, 0);
  await using server = startEcho();
  const { code: refused, stderr } = await run(["ws", urlOf(server)], {
    permissions: ["--allow-net=127.0.0.1"],
  });
  assertMatch(
    stderr,
    /^error: Missing permission: env access to 'WS_NO_\w+'; run with --allow-env=/,
  );
  assertEquals(refused, 2);
});

/** Runs a program on a terminal of 50 columns, typing each text when what goes before it has come. */
const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios
steps = [(a.encode(), b.encode()) for a, b in json.loads(sys.argv[1])]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
out, mark = b"", 0
while select.select([fd], [], [], 20)[0]:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    out += data
    while steps and steps[0][0] in out[mark:]:
        mark = out.index(steps[0][0], mark) + len(steps[0][0])
        os.write(fd, steps.pop(0)[1])
else:
    os.kill(pid, 9)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()]))
`;

const hasPython = await new Deno.Command("python3", { args: ["-c", "import pty"] }).output()
  .then(({ success }) => success, () => false);

/** A test on a terminal, which takes Python's \`pty\`; without it the test is shown as ignored. */
function terminalTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `on a terminal: ${name}`, ignore: !hasPython, fn });
}

async function onTerminal(
  steps: readonly (readonly [after: string, type: string])[],
  args: readonly string[],
): Promise<{ code: number; screen: string }> {
  const child = [Deno.execPath(), "run", "--no-prompt", ...permissions, MAIN, ...args];
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", DRIVER, JSON.stringify(steps), ...child],
    // Whoever runs the tests may want no colour: these decide it by their own flags.
    env: { NO_COLOR: "" },
    stderr: "inherit",
  }).output();
  const [code, screen] = JSON.parse(new TextDecoder().decode(stdout));
  return { code, screen };
}

terminalTest("typed, edited, repeated from history, answered, and left with quit", async () => {
  await using server = startEcho();
  const { code, screen } = await onTerminal([
    ["/help shows what else", "helloo\u007f\r"],
    ["received echo", "\u001b[A!\r"],
    ["hello!", "ping\r"],
    ["received pong", "/help\r"],
    ["send it as a message", "/nix\r"],
    ["Unknown command", "quit\r"],
  ], ["ws", urlOf(server)]);
  assertEquals(await server.nextClose(), { code: 1000, reason: "" });
  assertStringIncludes(screen, '"content":"hello"');
  assertMatch(screen, /"content":"hello!"/);
  assertStringIncludes(screen, "3 requests sent, 3 answered, 0 lost");
  assertEquals(code, 0);
});

terminalTest("what comes goes above the line being typed, and Ctrl-C is exit 130", async () => {
  await using server = startEcho();
  const { code, screen } = await onTerminal([
    ["/help shows what else", "half a li"],
    ["received heartbeat_ack", "ne\r"],
    ['"content":"half a line"', "\u0003"],
  ], ["ws", urlOf(server), "--heartbeat=300ms", "--no-color"]);
  // After each thing that came the line stands there again, as far as it was typed.
  assertMatch(screen, /received heartbeat_ack[^>]*> half a li/);
  assertMatch(screen, /closed: 1000\r\n\d+ requests sent/);
  assertEquals(await server.nextClose(), { code: 1000, reason: "" });
  assertEquals(code, 130);
});

terminalTest("nothing is wider than it, and colour is only where it is allowed", async () => {
  await using server = startEcho();
  const long = "wide ".repeat(30).trim();
  const { screen } = await onTerminal([
    ["/help shows", `/text {"type":"message","content":"${long}"}\r`],
    ["received echo", "quit\r"],
  ], ["ws", urlOf(server), "--no-color"]);
  const [, received = ""] = screen.split("received echo");
  // deno-lint-ignore no-control-regex -- what the editor steers the terminal with is taken out
  const lines = received.replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, "").split("\r\n").slice(1);
  assertEquals(lines.filter((line) => line.length > 50), []);
  assertEquals(screen.includes("\u001b[32m"), false);
  const { screen: coloured } = await onTerminal([["/help shows", "quit\r"]], ["ws", urlOf(server)]);
  assertStringIncludes(coloured, "\u001b[32m");
});
