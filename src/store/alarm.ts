/** Something about the store that a person must look at. Each holds until it is called off. */
export interface StoreAlarm {
  code: 'disk-reserve' | 'disk-full' | 'store-failing' | 'store-restored' | 'cloud-backlog'
  /** For the operator. */
  message: string
  /** Whether what is asked of the store can be stored all the same. */
  storing: boolean
}
