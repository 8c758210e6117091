export { Rosud } from "./client.js";
export { Channel, ContextSync } from "./channel.js";
export { Context } from "./context.js";
export { ChannelEvent, Gap } from "./events.js";
export { Watch } from "./watch.js";
export { Run } from "./runs.js";
export { CoordinationPolicy, Network } from "./network.js";
export { Agent } from "./agents.js";
export { agent, AgentDefinition, serve } from "./worker.js";
export { Completion, Deferred, Failure } from "./outcome.js";
export { Stopped, Work } from "./work.js";
export { verifySignature, webhook } from "./webhook.js";
export { Listing } from "./listing.js";
export {
  AlreadyExists, CircuitOpen, Compacted, Conflict, ContractRejected, Fenced, Forbidden, IdempotencyMismatch, InProgress,
  InvalidRequest, InvalidSignature, NotFound, Overloaded, ParkedFull, PayloadTooLarge, PreconditionRequired, QuotaExceeded, RosudError,
  StaleContext, Unauthorized, UnknownOutcome, Unreachable, Unverified, VersionAhead,
} from "./errors.js";
