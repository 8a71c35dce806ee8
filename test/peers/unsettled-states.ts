import type { Scenario } from '../../src/simulators/mpesa-scenarios.ts'
import type { PaymentView, Site } from '../flows/site.ts'

/** A purchase on its way, of which the page can be lost. */
export interface UnsettledState {
  what: string
  scenario: Scenario
  /** What the purchase is in when its page dies. */
  isIn(view: PaymentView): boolean
  goOn(site: Site): unknown
}

export const STATES: readonly UnsettledState[] = [
  {
    what: 'has just been asked for, and no answer of M-PESA is here',
    scenario: 'slow-push',
    isIn: ({ status }) => status === 'submitting',
    goOn: (site) => site.mpesa.releaseSlow(),
  },
  {
    what: 'is on the customer’s phone, where the PIN is typed',
    scenario: 'late',
    isIn: ({ status }) => status === 'prompted',
    goOn: (site) => site.mpesa.releaseLate(),
  },
  {
    what: 'is uncertain, for the answer to the push was lost',
    scenario: 'lost-response-late',
    isIn: ({ status }) => status === 'uncertain',
    goOn: (site) => site.mpesa.releaseLate(),
  },
  {
    what: 'is paid, and the router does not answer',
    scenario: 'success',
    isIn: ({ access }) => access?.online === false,
    goOn(site) {
      site.router.faults.apiDown = false
    },
  },
]
