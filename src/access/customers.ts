import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type CustomerRow, customerByPhone } from './customer-table.ts'

/** `name` is left as it is when undefined. */
export interface CustomerInput {
  phoneNumber: string
  name?: string
}

/** The customer with this phone, made when there is none yet; a name that is given replaces the old one. */
export function keepCustomer({ db, nowMs }: CommandContext, { phoneNumber, name }: CustomerInput): CustomerRow {
  sql(
    db,
    `INSERT INTO customers (phone_number, name, created_at_ms) VALUES (?, coalesce(?, ''), ?)
     ON CONFLICT (phone_number) DO UPDATE SET name = coalesce(?, name)`,
  ).run(phoneNumber, name ?? null, nowMs, name ?? null)
  return customerByPhone(db, phoneNumber) as CustomerRow
}

export const addCustomer = command(
  'customers.add',
  (
    context,
    input: Required<CustomerInput>,
  ): { outcome: 'added'; customer: CustomerRow } | { outcome: 'phone-taken' } => {
    if (customerByPhone(context.db, input.phoneNumber)) return { outcome: 'phone-taken' }
    return { outcome: 'added', customer: keepCustomer(context, input) }
  },
)
