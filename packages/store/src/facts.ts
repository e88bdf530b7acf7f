/**
 * A few short texts about the store as a whole: what its servers agreed on, and what is being done to it. No list shows
 * them, and a transfer does not carry them.
 */
export interface Facts {
  read(name: string): Promise<string | null>
  /** Keeps the text when there is none of that name; returns what is kept then. Of several callers, one is first. */
  agree(name: string, text: string): Promise<string>
  forget(name: string): Promise<void>
}
