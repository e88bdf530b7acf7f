/** What is kept about a registered worker, as JSON text. */
export interface WorkerDetail {
  readonly abilities: readonly string[]
  readonly tags: readonly string[]
  readonly exclusive: boolean
  readonly version: string | null
  /** It speaks the words of the first generations. */
  readonly isLegacy: boolean
}
