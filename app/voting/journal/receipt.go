package journal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/realtime"
)

// Stamp signs a receipt at once: the town's word that this ballot is at this
// place of the log. It is fast, and asks nothing of the database once the
// town's key is known.
func (j *Journal) Stamp(ctx context.Context, t tenant.ID, r voting.Receipt) (proof.Receipt, error) {
	k, err := j.key(ctx, t)
	if err != nil {
		return proof.Receipt{}, err
	}
	return proof.NewReceipt(k.signer(r.Poll), r.Poll.String(), r.Index, r.Nonce, r.Commitment), nil
}

// Receipt signs a receipt and proves it by the last checkpoint, which follows a
// ballot by a second at most. While the log may not be followed by everybody
// (see voting.Visible), or in that second, it is signed only.
func (j *Journal) Receipt(ctx context.Context, t tenant.ID, r voting.Receipt) (proof.Receipt, error) {
	stamped, err := j.Stamp(ctx, t, r)
	if err != nil {
		return stamped, err
	}
	if j.mayFollow(ctx, t, r.Poll, realtime.Public) != nil {
		return stamped, nil
	}
	p := poll{t, r.Poll}
	last, err := j.lastCheckpoint(ctx, p)
	if err == nil && last.size <= r.Index {
		if _, err = j.sign(ctx, p); err == nil {
			last, err = j.lastCheckpoint(ctx, p)
		}
	}
	if err != nil || last.size <= r.Index {
		return stamped, err
	}
	tree, err := last.tree()
	if err != nil {
		return stamped, err
	}
	err = j.inSnapshot(ctx, t, func(ctx context.Context) (err error) {
		stamped.Proof, err = tlog.ProveRecord(tree.N, r.Index, hashes{ctx, p}.of(tree))
		return err
	})
	if err != nil {
		return stamped, fmt.Errorf("prove a receipt: %w", err)
	}
	stamped.Checkpoint = last.note
	return stamped, nil
}

// Compare checks a receipt, whose signatures were verified, against the log as
// it is in the box: its leaf is there, and what its checkpoint says of the log
// is true. It returns what is wrong, nil when nothing is.
func (j *Journal) Compare(ctx context.Context, t tenant.ID, r proof.Receipt, verified *proof.ReceiptReport) (*proof.Fault, error) {
	id, err := voting.ParsePollID(r.Poll)
	if err != nil {
		return nil, voting.ErrNotFound.Wrap(err)
	}
	p, wrong := poll{t, id}, func(code string) *proof.Fault {
		return &proof.Fault{Check: proof.CheckReceipt, Code: code, Leaf: r.Index, From: -1}
	}
	if err := j.signAll(ctx, p); err != nil {
		return nil, err
	}
	last, err := j.lastCheckpoint(ctx, p)
	if err != nil {
		return nil, err
	}
	if r.Index >= last.size || verified.Size > last.size {
		return wrong("receipt.leaf"), nil
	}
	tree, err := last.tree()
	if err != nil {
		return nil, err
	}
	var fault *proof.Fault
	err = j.inSnapshot(ctx, t, func(ctx context.Context) error {
		reader := hashes{ctx, p}.of(tree)
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, r.Index)})
		if err != nil {
			return err
		}
		if leaf[0] != proof.BallotLeaf(r.Commitment) {
			fault = wrong("receipt.leaf")
			return nil
		}
		if !verified.Proven {
			return nil
		}
		told, err := checkpoint{size: verified.Size, note: r.Checkpoint}.tree()
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(verified.Size, reader)
		if err == nil && root != told.Hash {
			fault = wrong("receipt.log")
		}
		return err
	})
	return fault, err
}
