// The program: the command line, or on Deno Deploy the site.

/** Set on Deno Deploy. Asked for only where reading it is allowed, so that nothing prompts. */
const DEPLOYMENT = "DENO_DEPLOYMENT_ID";

function onDeploy(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: DEPLOYMENT });
  return state === "granted" && Deno.env.has(DEPLOYMENT);
}

if (onDeploy()) {
  await import("./site/deploy.ts");
} else {
  const { main } = await import("./cli/main.ts");
  await main(Deno.args);
}
