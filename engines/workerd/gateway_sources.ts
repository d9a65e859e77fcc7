// The gateway's sources as text: the engine's folder gets them, and a compiled program has them.

import labClock from "../../lab/clock.ts" with { type: "text" };
import isolateTaskQueue from "../../servers/isolate/task_queue.ts" with { type: "text" };
import s3Address from "../../servers/s3/address.ts" with { type: "text" };
import s3Authenticate from "../../servers/s3/authenticate.ts" with { type: "text" };
import s3AwsChunked from "../../servers/s3/aws_chunked.ts" with { type: "text" };
import s3BucketName from "../../servers/s3/bucket_name.ts" with { type: "text" };
import s3Checksum from "../../servers/s3/checksum.ts" with { type: "text" };
import s3Claim from "../../servers/s3/claim.ts" with { type: "text" };
import s3Concat from "../../servers/s3/concat.ts" with { type: "text" };
import s3ContentClaims from "../../servers/s3/content_claims.ts" with { type: "text" };
import s3Crc32c from "../../servers/s3/crc32c.ts" with { type: "text" };
import s3Error from "../../servers/s3/error.ts" with { type: "text" };
import s3ErrorResponse from "../../servers/s3/error_response.ts" with { type: "text" };
import s3Errors from "../../servers/s3/errors.ts" with { type: "text" };
import s3LentBytes from "../../servers/s3/lent_bytes.ts" with { type: "text" };
import s3Operation from "../../servers/s3/operation.ts" with { type: "text" };
import s3ReceivedPayload from "../../servers/s3/received_payload.ts" with { type: "text" };
import s3Sigv4 from "../../servers/s3/sigv4.ts" with { type: "text" };
import s3Target from "../../servers/s3/target.ts" with { type: "text" };
import s3Wire from "../../servers/s3/wire.ts" with { type: "text" };
import s3Xml from "../../servers/s3/xml.ts" with { type: "text" };
import s3GatewayAdmission from "../../servers/s3_gateway/admission.ts" with { type: "text" };
import s3GatewayAwsChunkedOut from "../../servers/s3_gateway/aws_chunked_out.ts" with {
  type: "text",
};
import s3GatewayBackendAnswer from "../../servers/s3_gateway/backend_answer.ts" with {
  type: "text",
};
import s3GatewayBackendError from "../../servers/s3_gateway/backend_error.ts" with { type: "text" };
import s3GatewayBackendRequest from "../../servers/s3_gateway/backend_request.ts" with {
  type: "text",
};
import s3GatewayBucketAnswers from "../../servers/s3_gateway/bucket_answers.ts" with {
  type: "text",
};
import s3GatewayCheckConfig from "../../servers/s3_gateway/check_config.ts" with { type: "text" };
import s3GatewayCheckValue from "../../servers/s3_gateway/check_value.ts" with { type: "text" };
import s3GatewayConfig from "../../servers/s3_gateway/config.ts" with { type: "text" };
import s3GatewayContent from "../../servers/s3_gateway/content.ts" with { type: "text" };
import s3GatewayCopySource from "../../servers/s3_gateway/copy_source.ts" with { type: "text" };
import s3GatewayCredentials from "../../servers/s3_gateway/credentials.ts" with { type: "text" };
import s3GatewayDocumentContent from "../../servers/s3_gateway/document_content.ts" with {
  type: "text",
};
import s3GatewayDocuments from "../../servers/s3_gateway/documents.ts" with { type: "text" };
import s3GatewayErrors from "../../servers/s3_gateway/errors.ts" with { type: "text" };
import s3GatewayExchangeTask from "../../servers/s3_gateway/exchange_task.ts" with { type: "text" };
import s3GatewayForeign from "../../servers/s3_gateway/foreign.ts" with { type: "text" };
import s3GatewayForwarded from "../../servers/s3_gateway/forwarded.ts" with { type: "text" };
import s3GatewayForwarder from "../../servers/s3_gateway/forwarder.ts" with { type: "text" };
import s3GatewayGateway from "../../servers/s3_gateway/gateway.ts" with { type: "text" };
import s3GatewayMeter from "../../servers/s3_gateway/meter.ts" with { type: "text" };
import s3GatewayOutbound from "../../servers/s3_gateway/outbound.ts" with { type: "text" };
import s3GatewayOutboundWorker from "../../servers/s3_gateway/outbound_worker.ts" with {
  type: "text",
};
import s3GatewayOutgoingContent from "../../servers/s3_gateway/outgoing_content.ts" with {
  type: "text",
};
import s3GatewayParked from "../../servers/s3_gateway/parked.ts" with { type: "text" };
import s3GatewayPassedFields from "../../servers/s3_gateway/passed_fields.ts" with { type: "text" };
import s3GatewayPlaces from "../../servers/s3_gateway/places.ts" with { type: "text" };
import s3GatewayPreliminaries from "../../servers/s3_gateway/preliminaries.ts" with {
  type: "text",
};
import s3GatewayRelay from "../../servers/s3_gateway/relay.ts" with { type: "text" };
import s3GatewaySign from "../../servers/s3_gateway/sign.ts" with { type: "text" };
import s3GatewaySilence from "../../servers/s3_gateway/silence.ts" with { type: "text" };
import s3GatewayUpload from "../../servers/s3_gateway/upload.ts" with { type: "text" };
import s3GatewayUploadContent from "../../servers/s3_gateway/upload_content.ts" with {
  type: "text",
};
import entry from "../../servers/s3_gateway/worker/gateway_worker.ts" with { type: "text" };
import server from "../../servers/server.ts" with { type: "text" };
import webIdentityBoundedText from "../../servers/web_identity/bounded_text.ts" with {
  type: "text",
};
import webIdentityExchange from "../../servers/web_identity/exchange.ts" with { type: "text" };
import webIdentityExchangeError from "../../servers/web_identity/exchange_error.ts" with {
  type: "text",
};
import webIdentityToken from "../../servers/web_identity/token.ts" with { type: "text" };

/** Where the gateway's Worker begins, by its path below the repository. */
export const GATEWAY_ENTRY = "servers/s3_gateway/worker/gateway_worker.ts";

/**
 * The modules of which the gateway's Worker is made, by their paths below the repository: those that it
 * loads, without those from which it takes types alone, and without packages.
 */
export const GATEWAY_SOURCES: Readonly<Record<string, string>> = {
  "lab/clock.ts": labClock,
  "servers/isolate/task_queue.ts": isolateTaskQueue,
  "servers/s3/address.ts": s3Address,
  "servers/s3/authenticate.ts": s3Authenticate,
  "servers/s3/aws_chunked.ts": s3AwsChunked,
  "servers/s3/bucket_name.ts": s3BucketName,
  "servers/s3/checksum.ts": s3Checksum,
  "servers/s3/claim.ts": s3Claim,
  "servers/s3/concat.ts": s3Concat,
  "servers/s3/content_claims.ts": s3ContentClaims,
  "servers/s3/crc32c.ts": s3Crc32c,
  "servers/s3/error.ts": s3Error,
  "servers/s3/error_response.ts": s3ErrorResponse,
  "servers/s3/errors.ts": s3Errors,
  "servers/s3/lent_bytes.ts": s3LentBytes,
  "servers/s3/operation.ts": s3Operation,
  "servers/s3/received_payload.ts": s3ReceivedPayload,
  "servers/s3/sigv4.ts": s3Sigv4,
  "servers/s3/target.ts": s3Target,
  "servers/s3/wire.ts": s3Wire,
  "servers/s3/xml.ts": s3Xml,
  "servers/s3_gateway/admission.ts": s3GatewayAdmission,
  "servers/s3_gateway/aws_chunked_out.ts": s3GatewayAwsChunkedOut,
  "servers/s3_gateway/backend_answer.ts": s3GatewayBackendAnswer,
  "servers/s3_gateway/backend_error.ts": s3GatewayBackendError,
  "servers/s3_gateway/backend_request.ts": s3GatewayBackendRequest,
  "servers/s3_gateway/bucket_answers.ts": s3GatewayBucketAnswers,
  "servers/s3_gateway/check_config.ts": s3GatewayCheckConfig,
  "servers/s3_gateway/check_value.ts": s3GatewayCheckValue,
  "servers/s3_gateway/config.ts": s3GatewayConfig,
  "servers/s3_gateway/content.ts": s3GatewayContent,
  "servers/s3_gateway/copy_source.ts": s3GatewayCopySource,
  "servers/s3_gateway/credentials.ts": s3GatewayCredentials,
  "servers/s3_gateway/document_content.ts": s3GatewayDocumentContent,
  "servers/s3_gateway/documents.ts": s3GatewayDocuments,
  "servers/s3_gateway/errors.ts": s3GatewayErrors,
  "servers/s3_gateway/exchange_task.ts": s3GatewayExchangeTask,
  "servers/s3_gateway/foreign.ts": s3GatewayForeign,
  "servers/s3_gateway/forwarded.ts": s3GatewayForwarded,
  "servers/s3_gateway/forwarder.ts": s3GatewayForwarder,
  "servers/s3_gateway/gateway.ts": s3GatewayGateway,
  "servers/s3_gateway/meter.ts": s3GatewayMeter,
  "servers/s3_gateway/outbound.ts": s3GatewayOutbound,
  "servers/s3_gateway/outbound_worker.ts": s3GatewayOutboundWorker,
  "servers/s3_gateway/outgoing_content.ts": s3GatewayOutgoingContent,
  "servers/s3_gateway/parked.ts": s3GatewayParked,
  "servers/s3_gateway/passed_fields.ts": s3GatewayPassedFields,
  "servers/s3_gateway/places.ts": s3GatewayPlaces,
  "servers/s3_gateway/preliminaries.ts": s3GatewayPreliminaries,
  "servers/s3_gateway/relay.ts": s3GatewayRelay,
  "servers/s3_gateway/sign.ts": s3GatewaySign,
  "servers/s3_gateway/silence.ts": s3GatewaySilence,
  "servers/s3_gateway/upload.ts": s3GatewayUpload,
  "servers/s3_gateway/upload_content.ts": s3GatewayUploadContent,
  "servers/s3_gateway/worker/gateway_worker.ts": entry,
  "servers/server.ts": server,
  "servers/web_identity/bounded_text.ts": webIdentityBoundedText,
  "servers/web_identity/exchange.ts": webIdentityExchange,
  "servers/web_identity/exchange_error.ts": webIdentityExchangeError,
  "servers/web_identity/token.ts": webIdentityToken,
};
