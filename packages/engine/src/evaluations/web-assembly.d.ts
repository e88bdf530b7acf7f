/** The part of WebAssembly that the sandbox uses; neither the language's library nor Node's types declare it. */
declare namespace WebAssembly {
  class Memory {
    constructor(pages: { readonly initial: number; readonly maximum: number })
    readonly buffer: ArrayBuffer
  }
}
