import { assertEquals } from "@std/assert";
import { goBuild } from "./go_build.ts";

Deno.test("go build: module, version, package and variables stand where Go looks for them", () => {
  const { args, files, output, tool } = goBuild({
    module: "example.com/store",
    version: "v1.2.3",
    package: "cmd/store",
    variables: { "main.Version": "v1.2.3", "main.Build": "a b" },
    go: "1.25.0",
  });
  assertEquals([tool, args[0], args.at(-1)], ["go", "build", "example.com/store/cmd/store"]);
  assertEquals(args[args.indexOf("-o") + 1], output);
  assertEquals(
    args[args.indexOf("-ldflags") + 1],
    "-s -w -X 'main.Version=v1.2.3' -X 'main.Build=a b'",
  );
  assertEquals(
    files["go.mod"],
    "module edge-repro/build\n\ngo 1.25.0\n\nrequire example.com/store v1.2.3\n",
  );
});

Deno.test("go build: a program at the root of its module has the module's path", () => {
  const { args } = goBuild({
    module: "example.com/x",
    version: "v1.0.0",
    variables: {},
    go: "1.24",
  });
  assertEquals(args.at(-1), "example.com/x");
});
