import type { JournalEntry, LiveEvent } from './events.ts'

/** A fact with its number in the journal, or a hint for live views without one. */
export type News = JournalEntry | LiveEvent

/** Committed facts, handed on in the main thread: live pages and the cloud listen. What must not be missed reads the journal. */
export interface Facts {
  publish(news: readonly News[]): void
  /** Returns how to stop listening. */
  subscribe(listener: (news: News) => void): () => void
}

export function openFacts(): Facts {
  const listeners = new Set<(news: News) => void>()
  return {
    publish(news) {
      for (const one of news) for (const listener of listeners) listener(one)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
