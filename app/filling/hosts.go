package filling

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// hostsAmong is how many people are asked for which association they answer.
const hostsAmong = 400

// answering tells for which associations somebody answers.
type answering interface {
	OrganisationsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]module.Organisation, error)
}

// Hosts are those in whose name things are done: the town hall, which is nil,
// then the verified associations that the first of these people answer for.
func Hosts(ctx context.Context, tx bun.IDB, directory answering, t *tenant.Tenant, people []citizen.ID) ([]*uuid.UUID, error) {
	hosts := []*uuid.UUID{nil}
	if directory == nil || !t.Enabled("associations") {
		return hosts, nil
	}
	for _, who := range people[:min(hostsAmong, len(people))] {
		list, err := directory.OrganisationsOf(ctx, tx, t.ID, who)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if o.Verified {
				hosts = append(hosts, &o.ID)
			}
		}
	}
	return hosts, nil
}
