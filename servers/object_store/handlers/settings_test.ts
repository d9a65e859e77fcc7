// Tests of what clients are told of settings.

import { assertEquals } from "@std/assert";
import { createTestStore } from "./testing_handlers.ts";

const ANSWERS: [target: string, root: string][] = [
  ["/videos?accelerate", "AccelerateConfiguration"],
  ["/videos?acl", "AccessControlPolicy"],
  ["/videos?logging", "BucketLoggingStatus"],
  ["/videos?notification", "NotificationConfiguration"],
  ["/videos?requestPayment", "RequestPaymentConfiguration"],
  ["/videos?versioning", "VersioningConfiguration"],
  ["/videos/a?acl", "AccessControlPolicy"],
  ["/videos/a?tagging", "Tagging"],
];

for (const [target, root] of ANSWERS) {
  Deno.test(`settings: ${target} is answered with ${root}`, async () => {
    const store = await createTestStore();
    await store.ask("PUT", "/videos/a", { body: "x" });
    assertEquals((await store.document("GET", target, root)).name, root);
  });
}

const UNSET: [target: string, code: string][] = [
  ["/videos?cors", "NoSuchCORSConfiguration"],
  ["/videos?encryption", "ServerSideEncryptionConfigurationNotFoundError"],
  ["/videos?lifecycle", "NoSuchLifecycleConfiguration"],
  ["/videos?object-lock", "ObjectLockConfigurationNotFoundError"],
  ["/videos?ownershipControls", "OwnershipControlsNotFoundError"],
  ["/videos?policy", "NoSuchBucketPolicy"],
  ["/videos?policyStatus", "NoSuchBucketPolicy"],
  ["/videos?publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"],
  ["/videos?replication", "ReplicationConfigurationNotFoundError"],
  ["/videos?tagging", "NoSuchTagSet"],
  ["/videos?website", "NoSuchWebsiteConfiguration"],
  ["/missing?versioning", "NoSuchBucket"],
  ["/missing/a?acl", "NoSuchBucket"],
  ["/videos/missing?tagging", "NoSuchKey"],
];

for (const [target, code] of UNSET) {
  Deno.test(`settings: ${target} is ${code}`, async () => {
    const store = await createTestStore();
    const error = await store.refusal("GET", target);
    assertEquals([error.code, error.status], [code, 404]);
  });
}

Deno.test("settings: an object has no retention, since its bucket has no lock", async () => {
  const store = await createTestStore();
  await store.ask("PUT", "/videos/a", { body: "x" });
  for (const target of ["/videos/a?retention", "/videos/a?legal-hold"]) {
    const error = await store.refusal("GET", target);
    assertEquals([error.code, error.status], ["InvalidRequest", 400]);
  }
});

Deno.test("settings: the owner of the ACL has the type that S3 gives it", async () => {
  const store = await createTestStore();
  const text = await (await store.ask("GET", "/videos?acl")).text();
  const grantee =
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>';
  assertEquals(text.includes(grantee), true, text);
});
