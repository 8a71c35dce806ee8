import { parsePhoneNumber } from '../billing/phone-number.ts'

/** What the gateway says became of a message in the end. */
export interface FinalReport {
  providerId: string
  /** `2547...` */
  phoneNumber: string | null
  status: 'delivered' | 'failed'
  /** Why it failed, in the gateway's words. */
  detail: string | null
}

/** Sent, Submitted and Buffered are stops on the way. */
const FINAL: Record<string, FinalReport['status']> = {
  Success: 'delivered',
  Failed: 'failed',
  Rejected: 'failed',
  AbsentSubscriber: 'failed',
  Expired: 'failed',
}

/** Reads the form that Africa's Talking posts; undefined when it is none, or does not say how it ended. */
export function readDeliveryReport(body: string): FinalReport | undefined {
  const form = new URLSearchParams(body)
  const providerId = form.get('id')?.trim() ?? ''
  const said = form.get('status')?.trim() ?? ''
  const status = Object.hasOwn(FINAL, said) ? FINAL[said] : undefined
  if (providerId === '' || providerId.length > 200 || status === undefined) return undefined
  const reason = form.get('failureReason')?.trim().slice(0, 100)
  return {
    providerId,
    phoneNumber: parsePhoneNumber(form.get('phoneNumber') ?? '') ?? null,
    status,
    detail: status === 'failed' ? reason || said : null,
  }
}
