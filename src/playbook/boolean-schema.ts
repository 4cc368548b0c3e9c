import { z } from 'zod'

/** A boolean, or a word that stands for one; as read-boolean.ts has it. */
export const booleanSchema = z.union([
  z.boolean(),
  z.string().regex(/^(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$/),
])
