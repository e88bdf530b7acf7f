/** Nominal types: a branded string cannot be confused with another one, and costs nothing at run time. */
declare const brand: unique symbol
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
