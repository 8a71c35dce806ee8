import { closeSync, fsyncSync, openSync } from 'node:fs'

/** New, moved and removed names in it are on the disk after this; syncing a file alone does not put its name there. */
export function syncDirectory(directory: string): void {
  const opened = openSync(directory, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
