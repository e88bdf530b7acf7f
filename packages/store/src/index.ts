export type * from './store.js'
export type * from './sharing.js'
export * from './transfer.js'
