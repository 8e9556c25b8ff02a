import { describe, expect, test } from 'vitest';
import { INGESTION_METRICS } from '../../../core/metrics/ingestion-counters.ts';
import { ofLogicalId, propertiesOf, synthesiseOnce } from './synthesis.ts';

synthesiseOnce();

describe('alarms', () => {
  const alarm = (name: string) => propertiesOf('AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === name);
  /** Log group, pattern, and the value of what it does not match, of all filters that make this metric. */
  const filters = (metric: string) =>
    propertiesOf('AWS::Logs::MetricFilter').flatMap(({ LogGroupName, FilterPattern, MetricTransformations }) =>
      (MetricTransformations as unknown as { MetricName: string; DefaultValue?: number }[]).flatMap(
        ({ MetricName, DefaultValue }) => (MetricName === metric ? [[LogGroupName, FilterPattern, DefaultValue]] : []),
      ),
    );

  test.each(['advance-run', 'register-task-token'])(
    'of %s count failures, without the errors by which a run leaves it',
    (name) => {
      const metrics = alarm(`cairn-${name}-errors`)?.Metrics as unknown as {
        Expression?: string;
        MetricStat?: { Metric: { MetricName: string; Dimensions?: { Value: unknown }[] } };
      }[];
      expect(metrics.flatMap(({ Expression }) => Expression ?? []).sort()).toEqual([
        'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
        'errors - FILL(left, 0)',
      ]);
      // Each metric is of one function: a function that is never invoked has no metrics, and a sum over several would then have none either.
      const measured = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
      expect(measured.map(({ MetricName }) => MetricName).sort()).toEqual([
        'Errors',
        'Invocations',
        `TasksEndedAsExpected-${name}`,
      ]);
      expect(filters(`TasksEndedAsExpected-${name}`)).toEqual([
        [`/cairn/cairn-${name}`, '{ $.message = "task ended by an expected error" }', 0],
      ]);
    },
  );

  test('wake somebody when a run’s execution is lost', () => {
    expect(alarm('cairn-lost-executions')).toMatchObject({
      MetricName: 'RunsParked',
      Namespace: 'Cairn/cairn',
      Threshold: 0,
    });
    expect(filters('RunsParked')).toEqual(
      ['handle-failed-execution', 'recover-lost-runs'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "run parked: its execution was lost" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when providers refuse whatever they are handed', () => {
    expect(alarm('cairn-provider-refusals')).toMatchObject({
      MetricName: 'ProviderRefusals',
      Namespace: 'Cairn/cairn',
      Period: 3600,
      Threshold: 4,
    });
    expect(filters('ProviderRefusals')).toEqual(
      ['send-email', 'send-sms', 'send-push', 'send-webhook'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "the provider refused a request" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when nothing comes in, is taken or falls due: that makes no dead letters', () => {
    const api = ofLogicalId('AWS::ApiGatewayV2::Api')[0]?.[0];
    expect(alarm('cairn-api-errors')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: { 'Fn::ImportValue': expect.stringContaining(String(api)) } }],
    });
    expect(alarm('cairn-events-age')).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::ImportValue': expect.stringContaining('EventsQueue') } }],
      Threshold: 900,
    });
    const throttles = alarm('cairn-lambda-throttles');
    expect(throttles).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Throttles' });
    expect(throttles).not.toHaveProperty('Dimensions');
    const silent = alarm('cairn-dispatch-due-silent');
    expect(silent).toMatchObject({ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' });
    expect(silent?.Metrics).toContainEqual(expect.objectContaining({ Expression: 'invoked - errors' }));
    expect(JSON.stringify(silent?.Metrics).match(/cairn-[\w-]+/g)).toEqual([
      'cairn-dispatch-due',
      'cairn-dispatch-due',
    ]);
  });

  test('wake somebody when Lambda stops a chain of invocations', () => {
    const stopped = propertiesOf('AWS::CloudWatch::Alarm').filter(
      ({ MetricName }) => MetricName === 'RecursiveInvocationsDropped',
    );
    const functions = stopped.flatMap(({ Dimensions }) =>
      (Dimensions as unknown as { Value: string }[]).map(({ Value }) => Value),
    );
    expect(functions.toSorted()).toEqual(['cairn-process-events', 'cairn-start-run', 'cairn-stop-executions']);
  });

  test('wake somebody before SES stops the account', () => {
    const rates = ['bounce', 'complaint'].map((kind) => alarm(`cairn-${kind}-rate`));
    expect(rates.map((rate) => [rate?.Namespace, rate?.MetricName, rate?.Threshold])).toEqual([
      ['AWS/SES', 'Reputation.BounceRate', 0.05],
      ['AWS/SES', 'Reputation.ComplaintRate', 0.001],
    ]);
  });

  test('and the dashboard shows what record-metrics reports of ingestion', () => {
    const [dashboard] = propertiesOf('AWS::CloudWatch::Dashboard').map((one) => JSON.stringify(one.DashboardBody));
    const record = propertiesOf('AWS::Lambda::Function').find((one) => one.FunctionName === 'cairn-record-metrics');
    const environment = record?.Environment as unknown as { Variables: Record<string, string> } | undefined;
    for (const metric of INGESTION_METRICS)
      expect(dashboard).toContain(
        JSON.stringify(`"${environment?.Variables.METRICS_NAMESPACE}","${metric}"`).slice(1, -1),
      );
  });

  test('each notify the topic', () => {
    for (const { AlarmName, AlarmActions } of propertiesOf('AWS::CloudWatch::Alarm'))
      expect([AlarmName, AlarmActions]).toEqual([AlarmName, [{ Ref: expect.stringMatching(/^Alarms/) }]]);
  });
});
