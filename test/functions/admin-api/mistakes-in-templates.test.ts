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
      '/sms': 'unknown field. Did you mean content? There are: class, topic, content, translations, track',
    },
  ],
  [
    'a body of an email',
    template({ content: { email: { subject: 'Hello', body: 'Hello' } } }),
    {
      '/content/email/body': 'unknown field. Did you mean text? There are: subject, mjml, html, text',
      '/content/email': 'needs mjml, html or text',
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
        'there is no variable customer.name: did you mean profile.name? (there are profile, data, event, coupon, unsubscribeUrl)',
    },
  ],
];

describe('an error in a definition names what is right', () => {
  it.each(templates)('in a template: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/templates/hello', body)).toEqual(faults);
  });
});
