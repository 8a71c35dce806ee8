/** The languages of the customers, for those who may not look into the portal. */
export { LANGUAGES, type Language } from '../portal/customer/texts.ts'
