/** Takes work that comes in heaps. */
export interface Turns<Item> {
  take(item: Item): void
  /** Does what waits, now. */
  flush(): void
}

/**
 * Does `perTurn` of what comes in one turn of the event loop, and the rest in the turns after it, in order: a heap must not keep
 * everything else from its turn.
 */
export function inTurns<Item>(perTurn: number, work: (item: Item) => void): Turns<Item> {
  let waiting: Item[] = []
  let left = perTurn
  let isCounting = false

  function nextTurn(): void {
    isCounting = false
    left = perTurn
    const now = waiting.splice(0, perTurn)
    for (const item of now) perform(item)
  }

  function perform(item: Item): void {
    left -= 1
    if (!isCounting) {
      isCounting = true
      setImmediate(nextTurn)
    }
    work(item)
  }

  return {
    take(item) {
      if (left > 0 && waiting.length === 0) perform(item)
      else waiting.push(item)
    },
    flush() {
      const now = waiting
      waiting = []
      for (const item of now) work(item)
    },
  }
}
