import { describe, expect, it } from 'vitest';
import { faultsOf, type Row, setUpTables, template } from './mistakes-harness.ts';

setUpTables();

const templates: Row[] = [
  [
    'a text alone',
    template({ content: { sms: 'Hello' } }),
    { '/content/sms': 'must be an SMS such as {"text": "Hello"}' },
  ],
  [
    'a body of an SMS',
    template({ content: { sms: { body: 'Hello' } } }),
    {
      '/content/sms/text': 'is required: a string, in quotation marks',
      '/content/sms/body': 'unknown field. Did you mean text? There are: text',
    },
  ],
  [
    'content beside the class',
    { class: 'promotional', sms: { text: 'Hello' } },
    {
      '/class': 'must be one of: "marketing", "transactional"',
      '/content': 'must be content by channel, such as {"sms": {"text": "Hello"}}',
      '/sms': 'unknown field. Did you mean content? There are: class, topic, content, translations, track, utm, blocks',
    },
  ],
  [
    'a body of an email',
    template({ content: { email: { subject: 'Hello', body: 'Hello' } } }),
    {
      '/content/email/body':
        'unknown field. Did you mean text? There are: from, replyTo, subject, preheader, mjml, html, text',
      '/content/email': 'needs mjml, html or text',
    },
  ],
  [
    'senders that are not of this deployment',
    template({
      content: {
        email: { subject: 'Hello', text: 'Hello', from: 'Boss <boss@other.example>', replyTo: 'me@shop.example' },
      },
      translations: {
        en: { email: { subject: 'Hello', text: 'Hello', from: 'OFFERS@shop.example', replyTo: 'a@b.example' } },
      },
    }),
    {
      '/content/email/from':
        'this deployment does not send from boss@other.example, only from Shop <news@shop.example>, offers@shop.example',
      '/translations/en/email/replyTo': "b.example is none of this deployment's domains",
    },
  ],
  [
    'a sender that is no address, and a preheader of a text',
    template({
      content: {
        email: { subject: 'Hello', text: 'Hello', from: '{{ profile.name }} <news@shop.example>', preheader: 'Hi' },
      },
    }),
    {
      '/content/email/from': 'must be an address, or Name <address>, with ASCII characters before the @',
      '/content/email/preheader': 'needs mjml or html: a text has no hidden part',
    },
  ],
  [
    'translations as a list',
    template({ translations: [{ locale: 'en' }] }),
    { '/translations': 'must be an object of content by locale, such as {"en": {"sms": {"text": "Hello"}}}' },
  ],
  [
    'two translations for one locale, and one for none',
    template({ translations: { zh_TW: { sms: { text: '您好' } }, 'zh-TW': { sms: { text: '你好' } }, 'zh TW': {} } }),
    {
      '/translations/zh-TW': 'is the same locale as zh_TW',
      '/translations/zh TW': 'must be a locale, such as "en" or "zh-TW"',
    },
  ],
  [
    'a variable of another system',
    template({ content: { sms: { text: 'Hello {{ customer.name }}' } } }),
    {
      '/content/sms/text':
        'there is no variable customer.name: did you mean profile.name? (there are profile, data, event, coupon, blocks, unsubscribeUrl)',
    },
  ],
];

describe('an error in a definition names what is right', () => {
  it.each(templates)('in a template: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/templates/hello', body)).toEqual(faults);
  });
});
