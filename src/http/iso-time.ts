import * as z from 'zod'

/** A moment in an answer: ISO 8601 UTC. */
export const isoTimeField = z.iso.datetime()

export function isoTime(atMs: number): string
export function isoTime(atMs: number | null): string | null
export function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}
