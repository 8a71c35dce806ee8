/** What is broken at the moment. Every field may be changed at any time. */
export interface RouterFaults {
  /** New API connections are reset; setting it also cuts the live ones. */
  apiDown: boolean
  /** API connections are accepted and read, but nothing is ever executed or answered. */
  apiSilent: boolean
  /** The far end of API connections is there, but neither reads nor answers, nor closes when the other side does. */
  apiHalfOpen: boolean
  /** API commands are executed, then the connection is reset instead of answered. */
  apiAnswersLost: boolean
  /** The API answers the login, then closes the connection. */
  closeAfterLogin: boolean
  /** Commands by path (`/ip/pool/add`) that are refused, with the trap's text. */
  refuse: Record<string, string>
  /** The next command of this path is executed, then the connection is reset instead of answered. */
  loseAnswersOf: string | undefined
  /** API connections are reset before a command is executed. */
  apiCutsBefore: boolean
  /** Half of each answer is sent, then the connection is reset. */
  apiCutsMidReply: boolean
  /** Each answer is sent in pieces of this many bytes, one at a time. */
  apiPieceBytes: number | undefined
  /** Disconnect- and CoA-Requests are ignored. */
  disconnectDeaf: boolean
  /** Phones send nothing of themselves: a row that is taken away comes back only with a page that they ask for. */
  phonesSilent: boolean
  /** Nothing gets through to the RADIUS server, and nothing back. */
  radiusDown: boolean
}

/** No faults; `cutApi` runs when `apiDown` is set, `holdApi` when `apiHalfOpen` changes. */
export function createFaults({
  cutApi,
  holdApi,
}: {
  cutApi: () => void
  holdApi: (held: boolean) => void
}): RouterFaults {
  let apiDown = false
  let apiHalfOpen = false
  return {
    get apiDown() {
      return apiDown
    },
    set apiDown(down) {
      apiDown = down
      if (down) cutApi()
    },
    apiSilent: false,
    get apiHalfOpen() {
      return apiHalfOpen
    },
    set apiHalfOpen(held) {
      apiHalfOpen = held
      holdApi(held)
    },
    apiAnswersLost: false,
    closeAfterLogin: false,
    refuse: {},
    loseAnswersOf: undefined,
    apiCutsBefore: false,
    apiCutsMidReply: false,
    apiPieceBytes: undefined,
    disconnectDeaf: false,
    phonesSilent: false,
    radiusDown: false,
  }
}
