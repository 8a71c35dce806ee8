import { asError } from './errors.ts'

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk can only be read',
}

/** Why a file could not be read or written, in words. */
export function fileFault(thrown: unknown): string {
  const { code, message } = asError(thrown) as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message.split('\n')[0] ?? ''
}
