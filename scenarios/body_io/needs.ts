// Why something that a case of `body-io` needs is not there for a target.

import type { Access, Need } from "../../lab/scenario.ts";
import { sdkAvailability } from "../../probes/s3/sdk_reader.ts";

/** Why a need is not there for this target, or undefined when it is. */
export async function missing(need: Need, access: Access): Promise<string | undefined> {
  switch (need) {
    case "figures":
      return access.statsUrl ? undefined : "the target's figures are not known (--stats-url)";
    case "backend-log":
      return access.backendLogUrl
        ? undefined
        : "how requests come to its backend is not known (--backend-log)";
    case "backend-faults":
      return access.backendLogUrl
        ? undefined
        : "its backend cannot be stopped without a tap of ours in front of it (--backend-log)";
    case "sts":
      return access.stsUrl
        ? undefined
        : "its token service is not known to be ours, which can be told to fail (--sts)";
    case "sdk": {
      const found = await sdkAvailability();
      return found.available ? undefined : found.reason;
    }
    default:
      return `'${need}' is not something that this scenario can know of a target`;
  }
}
