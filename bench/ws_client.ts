// A child process that is many WebSocket clients: `ws_client.ts URL`. Told on stdin what to do, line by
// line, it says on stdout when it is done:
//   connect N OBJECTS    opens N sockets spread over as many objects      → "connected"
//   all N                a ping on each of the first N, until all are answered → milliseconds
//   rate N SECONDS       each of the first N pings again as soon as it is answered → answers a second

/** How many handshakes are under way at once: no backlog of connections overflows. */
const AT_ONCE = 100;

/** One client. Every message that comes counts as one. */
class Client {
  readonly #socket: WebSocket;
  #onMessage = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = () => this.#onMessage();
    socket.onclose = ({ code, reason }) => {
      console.error(`a socket was closed with ${code} ${reason}`);
      Deno.exit(1);
    };
  }

  /** Opens one and waits for its welcome. */
  static connect(url: string): Promise<Client> {
    const socket = new WebSocket(url);
    const client = new Client(socket);
    return new Promise((resolve) => client.#onMessage = () => resolve(client));
  }

  /** Calls back for each message from now on. */
  listen(callback: () => void): void {
    this.#onMessage = callback;
  }

  ping(): void {
    this.#socket.send('{"type":"ping"}');
  }
}

async function connect(base: string, count: number, objects: number): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const missing = Math.min(AT_ONCE, count - clients.length);
    const batch = Array.from({ length: missing }, (_, index) => {
      const object = (clients.length + index) % objects;
      return Client.connect(`${base}?object=bench-${object}`);
    });
    clients.push(...await Promise.all(batch));
  }
  return clients;
}

function all(clients: readonly Client[]): Promise<number> {
  return new Promise((resolve) => {
    const beganAt = performance.now();
    let left = clients.length;
    for (const client of clients) {
      client.listen(() => --left === 0 && resolve(performance.now() - beganAt));
    }
    for (const client of clients) client.ping();
  });
}

function rate(clients: readonly Client[], seconds: number): Promise<number> {
  return new Promise((resolve) => {
    const beganAt = performance.now();
    let answers = 0;
    let on = true;
    for (const client of clients) {
      client.listen(() => {
        answers++;
        if (on) client.ping();
      });
      client.ping();
    }
    setTimeout(() => {
      on = false;
      resolve(answers / (performance.now() - beganAt) * 1_000);
    }, seconds * 1_000);
  });
}

if (import.meta.main) {
  const [base = ""] = Deno.args;
  let clients: Client[] = [];
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [command, first = 0, second = 0] = text.trim().split(" ").map((word, index) =>
      index === 0 ? word : Number(word)
    ) as [string, number?, number?];
    if (command === "connect") {
      clients = await connect(base, first, second);
      console.log("connected");
    } else if (command === "all") {
      console.log(await all(clients.slice(0, first)));
    } else if (command === "rate") {
      console.log(await rate(clients.slice(0, first), second));
    }
  }
}
