// What the servers of this project say of themselves to an STS when nobody says otherwise.

/** The role that the STS of this project lets be assumed. */
export const DEMO_ROLE_ARN = "arn:aws:iam::000000000000:role/edge-repro";

/** For whom tokens are issued: the audience that AWS's own STS is known by among OIDC issuers. */
export const DEMO_AUDIENCE = "sts.amazonaws.com";

/** Whom the gateway's tokens name as their subject. */
export const DEMO_SUBJECT = "edge-repro-gateway";
