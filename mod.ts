/**
 * edge-repro as a library: run scenarios against the embedded servers or a target of your own, and
 * judge what comes of it; or use the servers, the clock and the probes by themselves.
 *
 * Whoever imports it needs `"unstable": ["no-legacy-abort"]` in their own `deno.json`: without it the
 * runtime aborts a request's signal after every answer, and a server that heeds it misbehaves.
 *
 * @example Check that the repaired proxy lets its readers go
 * ```ts
 * import { cacheLock, embeddedTarget, runAll, runSpecs } from "./mod.ts";
 *
 * const specs = runSpecs(cacheLock, "cache-lock/disconnect", embeddedTarget(cacheLock, "fix"), {
 *   speed: 20,
 * });
 * const runs = await runAll(specs, { concurrency: 4, signal: AbortSignal.timeout(30_000) });
 * console.log(runs.map((run) => `${run.id}: ${run.verdict}`));
 * ```
 *
 * @module
 */

export { type Clock, ManualClock, pacedClock, realClock } from "./lab/clock.ts";
export type { DurationUnit } from "./lab/duration.ts";
export { InconclusiveError, UnmetError, UsageError } from "./lab/errors.ts";
export { type Figures, STATS_SCHEMA } from "./lab/figures.ts";
export type { Distribution, Metrics, Value } from "./lab/metrics.ts";
export type {
  Outlasted,
  ParamMeta,
  Params,
  ParamSchema,
  ParamsSchema,
  ParamValue,
} from "./lab/params.ts";
export {
  exitCodeOf,
  parseResult,
  type Result,
  RESULT_SCHEMA,
  resultJsonSchema,
  type Run,
  type RunTarget,
  summarize,
  type Summary,
  type Tool,
} from "./lab/result.ts";
export { type Constant, type Pace, paceFor } from "./lab/pace.ts";
export type {
  Feature,
  ObjectStoreSettings,
  ProxySettings,
  Role,
  RoleSettings,
  S3GatewaySettings,
  WebSocketServerSettings,
} from "./lab/role.ts";
export { runAll, type RunObserver, type RunOptions } from "./lab/runner.ts";
export { runId, type RunSpec, runSpecs } from "./lab/run_spec.ts";
export {
  embeddedTarget,
  type OpenContext,
  type Opened,
  type TargetSource,
  urlTarget,
} from "./lab/target.ts";
export {
  type Access,
  type Backing,
  type Case,
  type CaseDefinition,
  type CaseInfo,
  defineCase,
  type EmbedContext,
  type Embedded,
  type FinishedRun,
  type Need,
  type Outcome,
  type ParamsOf,
  type ProbeContext,
  type Scenario,
  type StoreAccess,
  type StoreCredentials,
} from "./lab/scenario.ts";
export { Timeline, type TimelineEvent } from "./lab/timeline.ts";
export {
  expectedVerdict,
  type Judgement,
  type Variant,
  VARIANTS,
  type Verdict,
} from "./lab/verdict.ts";
export { cacheLock } from "./scenarios/cache_lock/scenario.ts";
export { staleRead } from "./scenarios/stale_read/scenario.ts";
export { scenarios } from "./scenarios/scenarios.ts";
export { wsHibernation } from "./scenarios/ws_hibernation/scenario.ts";
export {
  type CachingProxyOptions,
  createCachingProxy,
} from "./servers/caching_proxy/caching_proxy.ts";
export type {
  AutoResponsePair,
  DurableObjectHandlers,
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectState,
  DurableObjectStub,
  WorkersWebSocket,
} from "./servers/durable_objects/api.ts";
export type { Activity, ActivityKind } from "./servers/durable_objects/activity.ts";
export type { Counted, LogLevel } from "./servers/durable_objects/context.ts";
export type {
  HostEvent,
  HostEventKind,
  ObjectState,
  ShownMessage,
} from "./servers/durable_objects/events.ts";
export type { Blocker, Explanation } from "./servers/durable_objects/explain.ts";
export type { HostFigures, ObjectFigures } from "./servers/durable_objects/figures.ts";
export {
  createDurableObjectHost,
  type DurableObjectHost,
  type HostOptions,
  type WorkerModule,
} from "./servers/durable_objects/host.ts";
export type { SocketData } from "./servers/durable_objects/sockets/end.ts";
export type {
  DurableObjectStorage,
  DurableObjectTransaction,
  KeyValues,
  ListOptions,
  SqlCursor,
  SqlStorage,
  SqlValue,
  StorageOptions,
  SyncKeyValues,
} from "./servers/durable_objects/storage/api.ts";
export {
  DurableObjectTest,
  HibernationError,
  type Remote,
  testDurableObject,
  type TestedClass,
  type TestOptions,
} from "./servers/durable_objects/test_kit.ts";
export { type TestClose, TestSocket } from "./servers/durable_objects/test_socket.ts";
export {
  type CancelReason,
  CROSS_REQUEST,
  type CrossRequest,
  type CrossRequestBehaviour,
  type IoType,
} from "./servers/isolate/cross_request.ts";
export type { ForeignTouch } from "./servers/isolate/foreign_touch.ts";
export { createIsolate, type Isolate } from "./servers/isolate/isolate.ts";
export type {
  CancelledRequest,
  ExecutionContext,
  FetchHandler,
  IsolateFigures,
  IsolateOptions,
} from "./servers/isolate/isolate_options.ts";
export { holdBytes, nativeIo } from "./servers/isolate/native_io.ts";
export {
  Shared,
  type Task,
  TaskQueue,
  type TaskQueueOptions,
  wait,
  type Waiting,
} from "./servers/isolate/task_queue.ts";
export {
  ForeignIoError,
  IsolateTest,
  type IsolateTestOptions,
  testIsolate,
} from "./servers/isolate/test_kit.ts";
export { listen, ListenError, type Listening, type ListenOptions } from "./servers/listen.ts";
export type { OnChunked } from "./servers/object_store/call.ts";
export {
  type FolderStorageOptions,
  openFolderStorage,
} from "./servers/object_store/folder_storage.ts";
export {
  createMemoryStorage,
  type MemoryStorageOptions,
} from "./servers/object_store/memory_storage.ts";
export {
  createObjectStore,
  type ObjectStore,
  type ObjectStoreOptions,
  type StoreKey,
} from "./servers/object_store/object_store.ts";
export type {
  BucketRecord,
  Checksum,
  Incoming,
  ListFrom,
  ObjectRecord,
  PartRecord,
  ReadOptions,
  Segment,
  Storage,
  UploadRecord,
} from "./servers/object_store/storage.ts";
export type { ChecksumAlgorithm } from "./servers/s3/payload.ts";
export type {
  BackendConfig,
  BackendCredentials,
  BackendKey,
  BucketConfig,
  ClientKey,
  GatewayConfig,
  GatewayLimits,
  GatewaySwitches,
  StaticKey,
  TokenSource,
  WebIdentity,
} from "./servers/s3_gateway/config.ts";
export type { BodyFraming } from "./servers/s3_gateway/outbound.ts";
export type { CredentialFigures } from "./servers/s3_gateway/credentials.ts";
export type { GatewayFigures } from "./servers/s3_gateway/gateway.ts";
export {
  createS3Gateway,
  type GatewayIsolate,
  type S3GatewayOptions,
  type S3GatewayServer,
} from "./servers/s3_gateway/gateway_deno.ts";
export type { GatewayFailure } from "./servers/s3_gateway/outbound.ts";
export {
  type ConnectionEnd,
  type ConnectionInfo,
  type Entrance,
  type Front,
  type FrontOptions,
  type Server,
  STATS_PATH,
  type TerminalAction,
} from "./servers/server.ts";
export type { WsEchoLimits } from "./servers/ws_echo/limits.ts";
export type { WsEchoOptions } from "./servers/ws_echo/echo_host.ts";
export { createWsEcho, type WsEcho } from "./servers/ws_echo/ws_echo.ts";
export type { SlowOriginLimits } from "./servers/slow_origin/controls.ts";
export type { LastingKey } from "./servers/s3/temporary_key.ts";
export { type Fault, FAULTS, type Surface, SURFACES } from "./servers/sts/faults.ts";
export {
  type Algorithm,
  ALGORITHMS,
  generateSigningKeys,
  type PublishedKey,
  type SigningKey,
  type SigningKeys,
} from "./servers/sts/issuer_keys.ts";
export type { TokenClaims } from "./servers/sts/issue_token.ts";
export type { Field, Framing } from "./servers/tap/framing.ts";
export type { RequestHead } from "./servers/tap/request_parser.ts";
export type {
  LostConnection,
  TappedRequest,
  TappedRequestsOptions,
} from "./servers/tap/tapped_requests.ts";
export { createSts, type Sts, type StsOptions } from "./servers/sts/sts.ts";
export { startTap, type Tap, type TapOptions } from "./servers/tap/tap.ts";
export { createSlowOrigin, type SlowOriginOptions } from "./servers/slow_origin/slow_origin.ts";
