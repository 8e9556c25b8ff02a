import { type Channel, kindOf } from '../../../core/channels/registry.ts';
import { type Settings, topicIds } from '../../../core/definitions/settings.ts';
import { translationFor } from '../../../core/templates/locale.ts';
import { topicName } from '../../../core/templates/topic-name.ts';

const WORDS = {
  'zh-Hans': {
    lang: 'zh-CN',
    language: 'zh-Hans',
    title: '消息订阅设置',
    lead: '请选择您愿意接收的推广消息。订单、验证码等服务通知不受影响。',
    channels: '接收方式',
    channelsHint: '选择“不接收”后，您不会再通过该方式收到任何推广消息。',
    topics: '消息主题',
    topicsHint: '“同上”表示与该接收方式的选择一致。',
    yes: '接收',
    no: '不接收',
    same: '同上',
    unsaid: '尚未选择',
    save: '保存设置',
    all: '退订全部推广消息',
    allHint: '不想再收到任何推广消息？',
    saved: '您的设置已保存',
    unchanged: '没有需要保存的更改',
    stopped: '您已退订',
    stoppedHint: '您不会再通过以下方式收到推广消息：',
    service: '您仍可能收到与订单或账户有关的通知。',
    back: '返回订阅设置',
    goneTitle: '链接无效',
    gone: '链接无效或已过期。',
    outdated: '页面内容已更新，请重新选择后保存。',
    start: '您的手机号码已通过短信退订（STOP）。如需重新接收短信，请用该手机向我们回复 START。',
    between: '：',
  },
  'zh-Hant': {
    lang: 'zh-TW',
    language: 'zh-Hant',
    title: '訊息訂閱設定',
    lead: '請選擇您願意接收的行銷訊息。訂單、驗證碼等服務通知不受影響。',
    channels: '接收方式',
    channelsHint: '選擇「不接收」後，您不會再透過該方式收到任何行銷訊息。',
    topics: '訊息主題',
    topicsHint: '「同上」表示與該接收方式的選擇一致。',
    yes: '接收',
    no: '不接收',
    same: '同上',
    unsaid: '尚未選擇',
    save: '儲存設定',
    all: '取消訂閱所有行銷訊息',
    allHint: '不想再收到任何行銷訊息？',
    saved: '您的設定已儲存',
    unchanged: '沒有需要儲存的變更',
    stopped: '您已取消訂閱',
    stoppedHint: '您不會再透過以下方式收到行銷訊息：',
    service: '您仍可能收到與訂單或帳戶有關的通知。',
    back: '返回訂閱設定',
    goneTitle: '連結無效',
    gone: '連結無效或已過期。',
    outdated: '頁面內容已更新，請重新選擇後儲存。',
    start: '您的手機號碼已透過簡訊取消訂閱（STOP）。如需重新接收簡訊，請用該手機向我們回覆 START。',
    between: '：',
  },
  en: {
    lang: 'en',
    language: 'en',
    title: 'Message preferences',
    lead: 'Choose the marketing messages that you want to receive. Messages about your orders and your account come in any case.',
    channels: 'How we may write to you',
    channelsHint: 'Where you say no, you get no marketing that way, whatever its topic.',
    topics: 'What we may write about',
    topicsHint: '“As above” follows your choice for that way of writing.',
    yes: 'Yes',
    no: 'No',
    same: 'As above',
    unsaid: 'not chosen yet',
    save: 'Save preferences',
    all: 'Unsubscribe from all',
    allHint: 'You want no marketing messages at all?',
    saved: 'Your preferences are saved',
    unchanged: 'There was nothing to change',
    stopped: 'You are unsubscribed',
    stoppedHint: 'You will get no more marketing messages by:',
    service: 'You may still get messages about your orders and your account.',
    back: 'Back to your preferences',
    goneTitle: 'Invalid link',
    gone: 'This link is not valid.',
    outdated: 'This page has changed since you opened it. Please choose again and save.',
    start: 'Your phone number has said STOP. To get SMS again, text START to us from that phone.',
    between: ': ',
  },
} as const;
export type Words = (typeof WORDS)[keyof typeof WORDS];

/** Chinese customers read Chinese, in the script of their locale; all others English. */
export const wordsFor = (locale: string): Words => {
  const found = translationFor(Object.keys(WORDS), locale, 'en');
  return found === 'zh-Hans' || found === 'zh-Hant' ? WORDS[found] : WORDS.en;
};

/** Where nobody knows who reads. */
export const ALL_LANGUAGES: readonly Words[] = Object.values(WORDS);

export const channelLabel = (words: Words, channel: Channel): string => kindOf(channel).label[words.language];

/** Names of the topics by their ids: in the customer's language, else in the page's, else in the company's. */
export function topicLabels(words: Words, locale: string, settings: Settings): Map<string, string> {
  const ids = topicIds(settings);
  const names = settings.topics.map((topic) => topicName(topic, [locale, words.lang, settings.locale]));
  return new Map(ids.map((id, index) => [id, names[index] ?? id]));
}
