import { attributeNumber, vendorKey } from './dictionary.ts'

/** Packet codes: RFC 2865 section 3, RFC 2866 section 3, RFC 5997, RFC 5176 section 2.3. */
export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  statusServer: 12,
  disconnectRequest: 40,
  coaRequest: 43,
} as const

export const ATTRIBUTE = {
  userName: attributeNumber('User-Name'),
  userPassword: attributeNumber('User-Password'),
  chapPassword: attributeNumber('CHAP-Password'),
  framedIpAddress: attributeNumber('Framed-IP-Address'),
  replyMessage: attributeNumber('Reply-Message'),
  class: attributeNumber('Class'),
  vendorSpecific: attributeNumber('Vendor-Specific'),
  sessionTimeout: attributeNumber('Session-Timeout'),
  idleTimeout: attributeNumber('Idle-Timeout'),
  callingStationId: attributeNumber('Calling-Station-Id'),
  proxyState: attributeNumber('Proxy-State'),
  acctStatusType: attributeNumber('Acct-Status-Type'),
  acctDelayTime: attributeNumber('Acct-Delay-Time'),
  acctInputOctets: attributeNumber('Acct-Input-Octets'),
  acctOutputOctets: attributeNumber('Acct-Output-Octets'),
  acctSessionId: attributeNumber('Acct-Session-Id'),
  acctSessionTime: attributeNumber('Acct-Session-Time'),
  acctTerminateCause: attributeNumber('Acct-Terminate-Cause'),
  acctInputGigawords: attributeNumber('Acct-Input-Gigawords'),
  acctOutputGigawords: attributeNumber('Acct-Output-Gigawords'),
  eventTimestamp: attributeNumber('Event-Timestamp'),
  chapChallenge: attributeNumber('CHAP-Challenge'),
  portLimit: attributeNumber('Port-Limit'),
  eapMessage: attributeNumber('EAP-Message'),
  messageAuthenticator: attributeNumber('Message-Authenticator'),
  acctInterimInterval: attributeNumber('Acct-Interim-Interval'),
  framedPool: attributeNumber('Framed-Pool'),
  errorCause: attributeNumber('Error-Cause'),
} as const

export const MIKROTIK = {
  group: vendorKey('Mikrotik', 'Mikrotik-Group'),
  rateLimit: vendorKey('Mikrotik', 'Mikrotik-Rate-Limit'),
  totalLimit: vendorKey('Mikrotik', 'Mikrotik-Total-Limit'),
  totalLimitGigawords: vendorKey('Mikrotik', 'Mikrotik-Total-Limit-Gigawords'),
  addressList: vendorKey('Mikrotik', 'Mikrotik-Address-List'),
} as const

export const MICROSOFT = {
  chapError: vendorKey('Microsoft', 'MS-CHAP-Error'),
  mppeEncryptionPolicy: vendorKey('Microsoft', 'MS-MPPE-Encryption-Policy'),
  mppeEncryptionTypes: vendorKey('Microsoft', 'MS-MPPE-Encryption-Types'),
  chapChallenge: vendorKey('Microsoft', 'MS-CHAP-Challenge'),
  mppeSendKey: vendorKey('Microsoft', 'MS-MPPE-Send-Key'),
  mppeRecvKey: vendorKey('Microsoft', 'MS-MPPE-Recv-Key'),
  chap2Response: vendorKey('Microsoft', 'MS-CHAP2-Response'),
  chap2Success: vendorKey('Microsoft', 'MS-CHAP2-Success'),
} as const
