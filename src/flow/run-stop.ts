import type { MlangoError } from '../errors.ts'

/** Tells one run to stop. Its signal is made only for a handler that looks at it: it costs as much as a cheap job, and most never look. */
export class RunStop {
  #reason: MlangoError | undefined
  #controller: AbortController | undefined
  #told = () => {}

  /** Why, once it has been told. */
  get reason(): MlangoError | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** The first reason stands. */
  tell(reason: MlangoError): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#told()
  }

  /** Calls back once, when it is told. */
  whenTold(callback: () => void): void {
    if (this.#reason) callback()
    else this.#told = callback
  }
}
