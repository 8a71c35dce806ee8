import { createHash } from 'node:crypto'

export function sha1(...parts: (Buffer | string)[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
