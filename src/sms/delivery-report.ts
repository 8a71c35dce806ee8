import { parsePhoneNumber } from '../billing/phone-number.ts'

/** What the unguessable part of the address for reports is made of. */
export const REPORT_TOKEN_TEXT = 'sms-delivery'

/** What the gateway says became of a message in the end. */
export interface FinalReport {
  providerId: string
  /** `2547...` */
  phoneNumber: string | null
  status: 'delivered' | 'failed'
  /** Why it failed, in the gateway's words. */
  detail: string | null
}

/** Sent, Submitted and Buffered, and Twilio's queued and sent, are stops on the way. */
const FINAL: Record<string, FinalReport['status']> = {
  Success: 'delivered',
  Failed: 'failed',
  Rejected: 'failed',
  AbsentSubscriber: 'failed',
  Expired: 'failed',
  delivered: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
}

/** Reads the form that Africa's Talking or Twilio posts; undefined when it is none, or does not say how it ended. */
export function readDeliveryReport(body: string): FinalReport | undefined {
  const form = new URLSearchParams(body)
  const providerId = (form.get('id') ?? form.get('MessageSid'))?.trim() ?? ''
  const said = (form.get('status') ?? form.get('MessageStatus'))?.trim() ?? ''
  const status = Object.hasOwn(FINAL, said) ? FINAL[said] : undefined
  if (providerId === '' || providerId.length > 200 || status === undefined) return undefined
  const reason = (form.get('failureReason') ?? form.get('ErrorCode'))?.trim().slice(0, 100)
  return {
    providerId,
    phoneNumber: parsePhoneNumber(form.get('phoneNumber') ?? form.get('To') ?? '') ?? null,
    status,
    detail: status === 'failed' ? reason || said : null,
  }
}
