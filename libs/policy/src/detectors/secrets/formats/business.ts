import type { Format } from '../format.ts'

/** Payments, shops, mail, messaging and chat. */
export const BUSINESS: readonly Format[] = [
  {
    signal: 'secret.stripe',
    literals: ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'],
    shape: /[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,247}/y,
  },
  { signal: 'secret.stripe', literals: ['whsec_'], shape: /whsec_[A-Za-z0-9+/]{32,64}={0,2}/y },
  {
    signal: 'secret.square',
    literals: ['eaaa', 'sq0atp-', 'sq0csp-', 'sq0idp-'],
    shape: /(?:EAAA|sq0(?:at|cs|id)p-)[\w-]{22,60}/y,
  },
  {
    signal: 'secret.paypal',
    literals: ['access_token$'],
    shape: /access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}/y,
  },
  {
    signal: 'secret.razorpay',
    literals: ['rzp_live_', 'rzp_test_'],
    shape: /rzp_(?:live|test)_[A-Za-z0-9]{14}/y,
  },
  {
    signal: 'secret.flutterwave',
    literals: ['flwseck', 'flwpubk'],
    shape: /FLW(?:SEC|PUB)K(?:_TEST)?-[A-Za-z0-9]{12,32}(?:-X)?/y,
  },
  { signal: 'secret.paystack', literals: ['sk_live_', 'sk_test_'], shape: /sk_(?:live|test)_[a-f0-9]{40}/y },
  {
    signal: 'secret.plaid',
    literals: ['access-sandbox-', 'access-development-', 'access-production-'],
    shape: /access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/iy,
  },
  { signal: 'secret.duffel', literals: ['duffel_'], shape: /duffel_(?:test|live)_[\w=-]{43}/y },
  { signal: 'secret.easypost', literals: ['ezak', 'eztk'], shape: /EZ[AT]K[A-Za-z0-9]{54}/y },
  { signal: 'secret.shippo', literals: ['shippo_'], shape: /shippo_(?:live|test)_[a-fA-F0-9]{40}/y },
  {
    signal: 'secret.lob',
    literals: ['live_', 'test_'],
    shape: /(?:live|test)_(?:[a-f0-9]{35}|pub_[a-f0-9]{31})/iy,
  },
  { signal: 'secret.adyen', literals: ['aqe'], shape: /AQE[a-z][A-Za-z0-9+/=_-]{80,400}\.?[\w+/=-]*/y },
  {
    signal: 'secret.coinbase',
    literals: ['organizations/'],
    shape: /organizations\/[0-9a-f-]{36}\/apiKeys\/[0-9a-f-]{36}/y,
  },
  {
    signal: 'secret.shopify',
    literals: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shptka_'],
    shape: /shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}/y,
  },
  {
    signal: 'secret.settlemint',
    literals: ['sm_aat_', 'sm_pat_', 'sm_sat_'],
    shape: /sm_[aps]at_[A-Za-z0-9]{16}/y,
  },
  {
    signal: 'secret.hubspot',
    literals: ['pat-'],
    shape: /pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/iy,
  },
  {
    signal: 'secret.slack',
    literals: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxe-', 'xoxc-', 'xoxd-'],
    shape: /xox[abprsoecd]-(?![a-z-]*(?:your|token|example|slack|secret|xxx))[A-Za-z0-9%-]{8,300}/iy,
    isPlain: true,
  },
  {
    signal: 'secret.slack',
    literals: ['xoxe.xox', 'xapp-'],
    shape: /xoxe.xox[bp]-\d-[A-Za-z0-9]{140,180}|xapp-\d-[A-Za-z0-9]{1,20}-\d{1,20}-[a-z0-9]{1,100}/iy,
  },
  {
    signal: 'secret.slack',
    literals: ['hooks.slack.com/'],
    shape: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{40,100}/iy,
  },
  {
    signal: 'secret.discord',
    literals: ['/api/webhooks/'],
    shape: /\/api\/webhooks\/\d{17,20}\/[\w-]{60,80}/y,
  },
  {
    signal: 'secret.discord',
    runs: [{ kind: 'mixed', min: 24, max: 28 }],
    shape: /[MNO][A-Za-z\d]{23,27}\.[\w-]{6}\.[\w-]{27,38}/y,
  },
  {
    signal: 'secret.teams',
    literals: ['.webhook.office.com/'],
    shape:
      /\.webhook\.office\.com\/webhookb2\/[a-z0-9-]{36}@[a-z0-9-]{36}\/IncomingWebhook\/[a-z0-9]{32}\/[a-z0-9-]{36}/iy,
  },
  { signal: 'secret.twitch', literals: ['live_'], shape: /live_\d{6,10}_[A-Za-z0-9]{30}/y },
  { signal: 'secret.facebook', literals: ['eaa'], shape: /EAA[A-Za-z][A-Za-z0-9]{100,400}/y },
  {
    signal: 'secret.facebook',
    runs: [{ kind: 'digits', min: 15, max: 16 }],
    shape: /\d{15,16}[|%](?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{27,40}/y,
  },
  {
    signal: 'secret.twilio',
    runs: [{ kind: 'mixed', min: 34, max: 34 }],
    shape: /(?:SK|AC)[0-9a-fA-F]{32}/y,
  },
  ...[8, 9, 10].map((ahead) => ({
    signal: 'secret.telegram' as const,
    literals: [':aa'],
    ahead,
    shape: /\d{8,10}:AA[\w-]{33}/y,
  })),
  {
    signal: 'secret.sendgrid',
    literals: ['sg.'],
    shape: /SG\.[\w=-]{16,40}\.[\w=.-]{16,60}|SG\.[\w=.-]{66}/iy,
  },
  {
    signal: 'secret.brevo',
    literals: ['xkeysib-', 'xsmtpsib-'],
    shape: /x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}/y,
  },
  { signal: 'secret.mailgun', literals: ['key-', 'pubkey-'], shape: /(?:pub)?key-[a-f0-9]{32}/iy },
  { signal: 'secret.resend', literals: ['re_'], shape: /re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,28}/y },
  {
    signal: 'secret.postmark',
    literals: ['x-postmark-server-token'],
    shape: /x-postmark-server-token["']?\s{0,2}[:=]\s{0,2}["']?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/iy,
  },
  { signal: 'secret.mailchimp', literals: ['-us'], ahead: 32, shape: /[a-f0-9]{32}-us\d{1,2}/iy },
]
