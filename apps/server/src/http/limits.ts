/** Every bound of the HTTP edge, in one place. What the engine bounds stands in its own `EngineLimits`. */
const kib = 1024
const mib = 1024 * kib

export const limits = {
  /** Bodies, unless a route says otherwise; larger ones are refused at their header or at the byte that is too many. */
  bodyBytesMax: mib,
  /** Inputs and outputs of work: starts, task updates. */
  payloadBytesMax: 10 * mib,
  /** Strøm's JSON routes: what its workers split their log batches for. */
  stroemBodyBytesMax: 2 * mib,
  /** Of a body that is refused, what is read and forgotten before its sender is hung up on. */
  unwantedBytesMax: 64 * mib,
  /** Deeper JSON cannot be written again without exhausting the stack. */
  jsonDepthMax: 1_000,
  urlBytesMax: 16 * kib,
  /** One path parameter. */
  paramLengthMax: 1_024,
  headerBytesMax: 16 * kib,
  headersMax: 100,
  headersTimeoutMs: 15_000,
  /** The outer wall around one request, held polls and uploads included. */
  requestTimeoutMs: 600_000,
  keepAliveTimeoutMs: 75_000,
  /** Conductor refuses longer long polls in the same words. */
  pollWaitMsMax: 5_000,
  pollCountMax: 1_000,
  /** A claim of our own worker may wait this long. */
  claimWaitMsMax: 30_000,
  /** Rows that a list reads when its protocol has no paging. */
  listMax: 1_000,
  pageMax: 500,
  /** Schedules that a list looks at. */
  schedulesMax: 10_000,
  bulkMax: 1_000,
  /** Calls that wait for the end of a workflow at once, how long one may wait, and how many of its children are looked at. */
  heldRunsMax: 10_000,
  runWaitMsMax: 300_000,
  runFamilyMax: 1_000,
  /** One test run: results given, time, levels of children. */
  testRunRoundsMax: 20_000,
  testRunMsMax: 60_000,
  testRunDepthMax: 10,
  /** Results of one search of Conductor's, which refuses more in the same words. */
  searchSizeMax: 5_000,
  searchLengthMax: 200,
  /** Log lines of one answer; the stream has no end. */
  logLinesMax: 100_000,
  logLinesPerRead: 1_000,
  /** Bytes that may wait for a slow reader of a log stream before it is closed. */
  streamBufferBytesMax: mib,
} as const

/** Bounds on what is read from a workspace folder. */
export const folderLimits = {
  depthMax: 10,
  filesMax: 50_000,
  fileBytesMax: 16 * mib,
  totalBytesMax: 256 * mib,
  yamlBytesMax: mib,
  /** Revisions whose bytes are kept beside the current one, for jobs that still run on them. */
  revisionsMax: 8,
} as const
