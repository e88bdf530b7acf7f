export type { DialectTypes, ExecutionOf } from './dialect-types.js'
export { type Attempt, type AttemptState, type Closer, isOpen, mayClose, nextLook, type Outcome, outcomeOf } from './attempt.js'
export type { Answer, Answers, Ask, CommonCommand, Context, DefinitionKind, HandOut, Keyed, PayloadAsk, Rules, Snapshot, StartPlan } from './dialect.js'
export { type Cron, nextMoment, parseCron } from './cron.js'
export { isZone } from './zone.js'
export { type DialectName, type Execution, type ExecutionStatus, isTerminal, type Label, type Parent } from './execution.js'
export {
  type ActivityKey,
  type AttemptId,
  attemptIdOf,
  childIdOf,
  namedIdOf,
  type DefinitionId,
  type ExecutionId,
  executionIdOf,
  newExecutionId,
  ordinalMax,
  ordinalOf,
  parseAttemptId,
  parseExecutionId,
  type QueueName,
  type WorkerId,
} from './ids.js'
export type { ChildNews, Message, MessageBody, MessageId } from './message.js'
export { isRefusal, Problem, type ProblemCode, type Refusal, refuse } from './problem.js'
export { type AfterFailure, afterFailure, type Backoff, delayAfter, delayMsLimit, jitterOf, noBackoff, type RetryPolicy } from './retry.js'
export { always, type AttemptField, type Condition, type ExecutionField, type Inside, never, type SearchField, type SearchOrder } from './search.js'
export { assertNever } from './std/assert-never.js'
export type { Brand } from './std/brand.js'
export { parseDuration } from './std/duration.js'
export { BrokenInvariant, invariant } from './std/invariant.js'
export { isJsonObject, type Json, type JsonObject } from './std/json.js'
export { isPlain } from './std/plain-text.js'
export { after, earliest, endOfTime, type Instant, instant } from './time.js'
export { type Changes, type Note, type Opening, View, type ViewInit } from './view.js'
