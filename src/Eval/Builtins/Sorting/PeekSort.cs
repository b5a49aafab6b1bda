using System;

namespace Firn.Eval.Builtins.Sorting;

/// <summary>
/// Peeksort (Munro and Wild, "Nearly-Optimal Mergesorts", 2018): a stable merge sort that looks for runs that are
/// there already around the middle of each range.
/// </summary>
/// <remarks>
/// A comparison that is no order gives some permutation, never a crash or an endless loop. Which one is defined by
/// the steps below, and programs have come to see it: ranges up to 16 are sorted by insertion, descending runs
/// are strict.
/// </remarks>
internal static class PeekSort
{
    private const int InsertionLimit = 16;

    /// <summary>Sorts in place; <paramref name="isLess"/> says whether its first argument comes before its second.</summary>
    public static void Sort<T>(T[] items, Func<T, T, bool> isLess)
    {
        if (items.Length < 2)
        {
            return;
        }

        if (items.Length == 2)
        {
            if (isLess(items[1], items[0]))
            {
                (items[0], items[1]) = (items[1], items[0]);
            }

            return;
        }

        new Sorter<T>(items, isLess).Sort(0, items.Length, 0, items.Length);
    }

    private readonly ref struct Sorter<T>(T[] items, Func<T, T, bool> isLess)
    {
        private readonly T[] _items = items;
        private readonly T[] _buffer = new T[items.Length];
        private readonly Func<T, T, bool> _isLess = isLess;

        /// <summary>Sorts a range whose parts before <paramref name="leftEnd"/> and from <paramref name="rightStart"/> on are sorted.</summary>
        public void Sort(int begin, int end, int leftEnd, int rightStart)
        {
            if (leftEnd == end || rightStart == begin)
            {
                return;
            }

            if (end - begin <= InsertionLimit)
            {
                InsertionSort(begin, end);
                return;
            }

            int middle = begin + ((end - begin) / 2);
            if (middle <= leftEnd)
            {
                Sort(leftEnd, end, leftEnd + 1, rightStart);
                Merge(begin, leftEnd, end);
                return;
            }

            if (middle >= rightStart)
            {
                Sort(begin, rightStart, leftEnd, rightStart - 1);
                Merge(begin, rightStart, end);
                return;
            }

            // The run that the middle lies in, reversed where it descends.
            bool descends = _isLess(_items[middle], _items[middle - 1]);
            int from = middle - 1;
            while (from > leftEnd && _isLess(_items[from], _items[from - 1]) == descends)
            {
                from--;
            }

            int to = middle - 1;
            while (to + 1 != rightStart && _isLess(_items[to + 1], _items[to]) == descends)
            {
                to++;
            }

            to++;
            if (descends)
            {
                _items.AsSpan(from, to - from).Reverse();
            }

            if (from == begin && to == end)
            {
                return;
            }

            if (middle - from < to - middle)
            {
                Sort(begin, from, leftEnd, from - 1);
                Sort(from, end, to, rightStart);
                Merge(begin, from, end);
            }
            else
            {
                Sort(begin, to, leftEnd, from);
                Sort(to, end, to + 1, rightStart);
                Merge(begin, to, end);
            }
        }

        private void InsertionSort(int begin, int end)
        {
            for (int current = begin + 1; current < end; current++)
            {
                for (int at = current; at > begin && _isLess(_items[at], _items[at - 1]); at--)
                {
                    (_items[at], _items[at - 1]) = (_items[at - 1], _items[at]);
                }
            }
        }

        private void Merge(int begin, int middle, int end)
        {
            _items.AsSpan(begin, end - begin).CopyTo(_buffer);
            int left = 0;
            int leftEnd = middle - begin;
            int right = leftEnd;
            int rightEnd = end - begin;
            int output = begin;
            while (left < leftEnd && right < rightEnd)
            {
                _items[output++] = _isLess(_buffer[right], _buffer[left]) ? _buffer[right++] : _buffer[left++];
            }

            _buffer.AsSpan(left, leftEnd - left).CopyTo(_items.AsSpan(output));
            output += leftEnd - left;
            _buffer.AsSpan(right, rightEnd - right).CopyTo(_items.AsSpan(output));
        }
    }
}
