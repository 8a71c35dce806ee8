/** What one look has shown. */
export interface Finding {
  about: string
  /** `left-out`: there was nothing to look at. */
  outcome: 'well' | 'wrong' | 'left-out'
  says: string
  /** What to do about it, for what is wrong. */
  todo?: string
}

/** Makes the findings about one thing. */
export const findingsAbout = (about: string) => ({
  well: (says: string): Finding => ({ about, outcome: 'well', says }),
  wrong: (says: string, todo: string): Finding => ({ about, outcome: 'wrong', says, todo }),
  leftOut: (says: string): Finding => ({ about, outcome: 'left-out', says }),
})
