import type { JournalEntry } from './events.ts'

/** Committed facts, handed on in the main thread: live pages and the cloud listen. What must not be missed reads the journal. */
export interface Facts {
  publish(entries: JournalEntry[]): void
  /** Returns how to stop listening. */
  subscribe(listener: (entry: JournalEntry) => void): () => void
}

export function openFacts(): Facts {
  const listeners = new Set<(entry: JournalEntry) => void>()
  return {
    publish(entries) {
      for (const entry of entries) for (const listener of listeners) listener(entry)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
