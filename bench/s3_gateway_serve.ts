// A child process that is our gateway: `s3_gateway_serve.ts BACKEND_PORT model|none`. Prints its port.

import { listen } from "../servers/listen.ts";
import { DEMO_BUCKET, DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { createS3Gateway } from "../servers/s3_gateway/gateway_deno.ts";

const [backendPort, isolate] = Deno.args;
const gateway = createS3Gateway({
  config: {
    backends: {
      sink: { endpoint: `http://127.0.0.1:${backendPort}`, credentials: DEMO_CREDENTIALS },
    },
    buckets: { [DEMO_BUCKET]: { backend: "sink" } },
    keys: [DEMO_CREDENTIALS],
    variant: "fix",
  },
  ...(isolate === "model" && { isolate: {} }),
});
const { port } = await listen(gateway);
console.log(port);
