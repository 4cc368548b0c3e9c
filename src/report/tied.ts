import type * as z from 'zod'

/** Every value of `Type` passes the schema, and the schema knows all its keys. */
type Covers<Schema extends z.ZodType, Type> = [Type, keyof Type] extends [
  z.output<Schema>,
  keyof z.output<Schema>,
]
  ? Schema
  : never

/**
 * Ties a schema to its type: one that lacks a key or a word of the type does not compile. What it lets through is
 * taken for the type, although words such as an error's kind are open (a newer program may have written them).
 */
export function tied<Type>() {
  return <Schema extends z.ZodType>(schema: Covers<Schema, Type>) => schema as z.ZodType as z.ZodType<Type>
}
