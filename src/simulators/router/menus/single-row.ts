import { asError } from '../../../errors.ts'
import { done, type Row, trap, type Verb } from './menu.ts'
import type { Viewer } from './print.ts'
import { type Property, readArguments } from './properties.ts'

/** `set` of a menu that has one row. What `store` rejects with becomes a trap. */
export function setVerb(
  viewer: Viewer,
  properties: Readonly<Record<string, Property>>,
  store: (values: Row) => Promise<void>,
): Verb {
  return {
    policy: 'write',
    async run({ args }) {
      const read = readArguments(args, properties, viewer.version)
      if ('refused' in read) return read.refused
      try {
        await store(read.values)
        return done
      } catch (thrown) {
        return trap(`failure: ${asError(thrown).message}`, 4)
      }
    },
  }
}
