import { describe, expect, it } from 'vitest';
import {
  allOf,
  attribute,
  conditionOf,
  expression,
  listOf,
  queryOf,
  updateOf,
} from '../../../adapters/dynamo/expressions.ts';

describe('an update', () => {
  it('sets, removes and adds under a condition, and binds each name and value', () => {
    const update = updateOf({
      set: { status: 'parked', outcome: undefined, next: expression`if_not_exists(#next, ${0}) + ${2}` },
      remove: ['token', 'map.name'],
      add: { count: 1 },
      when: expression`#status = ${'open'} AND #leg = ${3}`,
    });
    expect(update).toEqual({
      UpdateExpression:
        'SET #status = :v0, #next = if_not_exists(#next, :v1) + :v2 REMOVE #token, #map.#name ADD #count :v3',
      ConditionExpression: '#status = :v4 AND #leg = :v5',
      ExpressionAttributeNames: {
        '#status': 'status',
        '#next': 'next',
        '#token': 'token',
        '#map': 'map',
        '#name': 'name',
        '#count': 'count',
        '#leg': 'leg',
      },
      ExpressionAttributeValues: { ':v0': 'parked', ':v1': 0, ':v2': 2, ':v3': 1, ':v4': 'open', ':v5': 3 },
    });
  });

  it('gives a name that is no placeholder another one, and takes a counter by its whole name', () => {
    expect(updateOf({ set: { 'journeys.wake-up': true }, add: { 'left:a.b': 1 } })).toEqual({
      UpdateExpression: 'SET #journeys.#n1 = :v0 ADD #n2 :v1',
      ExpressionAttributeNames: { '#journeys': 'journeys', '#n1': 'wake-up', '#n2': 'left:a.b' },
      ExpressionAttributeValues: { ':v0': true, ':v1': 1 },
    });
  });

  it('sends no empty maps, which DynamoDB refuses', () => {
    expect(updateOf({ remove: ['dueAt'] })).toEqual({
      UpdateExpression: 'REMOVE #dueAt',
      ExpressionAttributeNames: { '#dueAt': 'dueAt' },
    });
  });
});

describe('an expression', () => {
  it('takes other expressions in the place of values', () => {
    const isOpen = expression`#status = ${'open'}`;
    const when = expression`(${isOpen} OR attribute_not_exists(#pk)) AND #at < ${9}`;
    expect(conditionOf(when)).toEqual({
      ConditionExpression: '(#status = :v0 OR attribute_not_exists(#pk)) AND #at < :v1',
      ExpressionAttributeNames: { '#status': 'status', '#pk': 'pk', '#at': 'at' },
      ExpressionAttributeValues: { ':v0': 'open', ':v1': 9 },
    });
  });

  it('joins the conditions that there are', () => {
    const all = allOf(expression`#a = ${1}`, undefined, expression`#b = ${2}`);
    expect(conditionOf(all).ConditionExpression).toBe('#a = :v0 AND #b = :v1');
    expect(() => allOf(undefined)).toThrow('no condition');
  });

  it('makes a query of a key and a filter', () => {
    expect(queryOf(expression`#pk = ${'P'} AND begins_with(#sk, ${'E'})`, expression`#queue = ${'q'}`)).toEqual({
      KeyConditionExpression: '#pk = :v0 AND begins_with(#sk, :v1)',
      FilterExpression: '#queue = :v2',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk', '#queue': 'queue' },
      ExpressionAttributeValues: { ':v0': 'P', ':v1': 'E', ':v2': 'q' },
    });
  });

  it('keeps a value that looks like text of the language a value', () => {
    expect(conditionOf(expression`#name = ${'#a OR :b'}`).ExpressionAttributeValues).toEqual({ ':v0': '#a OR :b' });
  });

  it('keeps a value that has the form of an expression a value', () => {
    const value = { parts: ['#a'], values: [] };
    expect(conditionOf(expression`#name = ${value}`).ExpressionAttributeValues).toEqual({ ':v0': value });
  });

  it('looks among a list, at an attribute whose name is a variable', () => {
    expect(conditionOf(expression`${attribute('owner')} IN ${listOf(['a', 'b'])} AND #at > ${3}`)).toEqual({
      ConditionExpression: '#owner IN (:v0, :v1) AND #at > :v2',
      ExpressionAttributeNames: { '#owner': 'owner', '#at': 'at' },
      ExpressionAttributeValues: { ':v0': 'a', ':v1': 'b', ':v2': 3 },
    });
  });
});
