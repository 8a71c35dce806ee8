import * as z from 'zod'

/** A user name or password that an operator chooses. */
export const credential = z.string().regex(/^[\x21-\x7e]{4,64}$/, 'is 4 to 64 visible characters')
