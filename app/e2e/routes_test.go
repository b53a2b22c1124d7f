package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"parvis/app/citizen"
	"parvis/app/web"
)

// way says how to reach a route.
type way struct {
	as     string                    // who may: a visitor when empty
	fill   func(*planted) []string   // the parameters of the address, in order
	status int                       // what a GET is answered with when it is not 200
	form   func(p *planted) string   // the page with the route's form, when it is not at the same address
	own    bool                      // the parameters are no secrets of a town: they mean the same everywhere
	fields func(p *planted) []string // identifiers that the form or the query carries, as names and values
	mute   bool                      // has no text of the town: numbers and identifiers
	ends   bool                      // what it does to the town would spoil the tests that come after
}

const (
	agent         = string(citizen.Agent)
	official      = string(citizen.Official)
	administrator = string(citizen.Administrator)
	scrutineer    = string(citizen.Scrutineer)
	moderator     = string(citizen.Moderator)
)

func ids(list ...func(*planted) string) func(*planted) []string {
	return func(p *planted) []string {
		values := make([]string, len(list))
		for i, f := range list {
			values[i] = f(p)
		}
		return values
	}
}

func fixed(values ...string) func(*planted) []string {
	return func(*planted) []string { return values }
}

// What addresses name.
var (
	open     = func(p *planted) string { return p.open.String() }
	upcoming = func(p *planted) string { return p.upcoming.String() }
	later    = func(p *planted) string { return p.later.String() }
	closed   = func(p *planted) string { return p.closed.String() }
	draft    = func(p *planted) string { return p.draft.String() }
	spare    = func(p *planted) string { return p.spare.String() }
	poll     = func(p *planted) string { return p.poll.String() }
	room     = func(p *planted) string { return p.room.String() }
	unsure   = func(p *planted) string { return p.unsure.String() }
	ticketed = func(p *planted) string { return p.ticketed.String() }
	settled  = func(p *planted) string { return p.settled.String() }
	ripe     = func(p *planted) string { return p.ripe.String() }
	severed  = func(p *planted) string { return p.severed.String() }
	sketch   = func(p *planted) string { return p.sketch.String() }
	second   = func(p *planted) string { return p.second.String() }
	person   = func(p *planted) string { return p.person[resident].String() }
	newcomer = func(p *planted) string { return p.person[unproven].String() }
	holder   = func(p *planted) string { return p.person["moderator"].String() }

	mission      = func(p *planted) string { return p.mission.String() }
	sketched     = func(p *planted) string { return p.sketched.String() }
	spareMission = func(p *planted) string { return p.spareMission.String() }
	asked        = func(p *planted) string { return p.asked.String() }
	unvalidated  = func(p *planted) string { return p.unvalidated.String() }
	expected     = func(p *planted) string { return p.expected.String() }
	worked       = func(p *planted) string { return p.worked.String() }
)

func at(path string) func(*planted) string { return func(*planted) string { return path } }

func in(base string, id func(*planted) string, rest string) func(*planted) string {
	return func(p *planted) string { return base + id(p) + rest }
}

const offices = "/office/consultations/"

// ways has a line for every route of the program. A test fails for a route
// without one, and for a line without a route.
var ways = merged(map[string]way{
	"GET /":                     {},
	"GET /healthz":              {},
	"GET /readyz":               {},
	"GET /theme.css":            {},
	"GET /static/:file":         {fill: func(p *planted) []string { return []string{strings.TrimPrefix(stylesheet(p), "/static/")} }, own: true},
	"GET /logo/:sha":            {fill: func(p *planted) []string { return []string{p.logo} }},
	"GET /direct":               {status: 426}, // no socket asked for; see the test of the sockets
	"GET /recherche":            {fields: fixed("q", common)},
	"GET /plan-du-site":         {},
	"GET /methodes":             {},
	"GET /methodes/:method":     {fill: fixed("plurality"), own: true},
	"GET /mentions-legales":     {},
	"GET /donnees-personnelles": {},
	"GET /charte":               {},
	"GET /accessibilite":        {},
	"GET /courrier":             {},

	"GET /inscription":              {},
	"POST /inscription":             {fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"GET /connexion":                {},
	"POST /connexion":               {},
	"GET /connexion/code":           {},
	"POST /connexion/code":          {as: "asker"},
	"GET /connexion/lien/:token":    {as: "asker", fill: func(p *planted) []string { return []string{p.link} }},
	"POST /connexion/lien/:token":   {as: "asker", fill: func(p *planted) []string { return []string{p.link} }, ends: true},
	"GET /connexion/mot-de-passe":   {},
	"POST /connexion/mot-de-passe":  {},
	"POST /connexion/demonstration": {form: at("/connexion"), fields: func(p *planted) []string { return []string{"compte", person(p)} }, ends: true},
	"POST /deconnexion":             {as: "leaver", form: at("/moi/profil"), ends: true},

	"GET /moi":                              {as: resident},
	"GET /moi/nouvelles":                    {as: resident},
	"POST /moi/nouvelles":                   {as: resident, form: at("/moi/nouvelles")},
	"GET /moi/profil":                       {as: resident},
	"POST /moi/profil":                      {as: resident, fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"POST /moi/profil/email":                {as: resident, form: at("/moi/profil")},
	"POST /moi/profil/mot-de-passe":         {as: resident, form: at("/moi/profil")},
	"POST /moi/profil/mot-de-passe/retirer": {as: unproven, form: at("/moi/profil")},
	"GET /moi/preuves":                      {as: resident},
	"GET /moi/sessions":                     {as: resident},
	"POST /moi/sessions/:session/fermer":    {as: resident, form: at("/moi/sessions"), fill: func(p *planted) []string { return []string{p.session.String()} }, ends: true},
	"POST /moi/sessions/fermer-les-autres":  {as: "moderator", form: at("/moi/sessions")},
	"GET /moi/donnees":                      {as: resident},
	"GET /moi/donnees/copie.json":           {as: resident},
	"POST /moi/donnees/effacer":             {as: resident, form: at("/moi/donnees")},

	"GET /idees/":                      {fields: func(p *planted) []string { return []string{"quartier", p.zone.String()} }},
	"GET /idees/plan":                  {},
	"GET /idees/donnees.csv":           {},
	"GET /idees/semblables":            {fields: fixed("title", common)},
	"GET /idees/nouvelle":              {as: resident},
	"POST /idees/nouvelle":             {as: resident, fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"GET /idees/:id":                   {fill: ids(idea)},
	"GET /idees/:id/photo":             {fill: ids(idea)},
	"GET /idees/:id/modifier":          {as: resident, fill: ids(draftIdea)},
	"POST /idees/:id/modifier":         {as: resident, fill: ids(draftIdea)},
	"GET /idees/:id/relire":            {as: resident, fill: ids(draftIdea)},
	"POST /idees/:id/publier":          {as: resident, fill: ids(spareIdea), form: in("/idees/", spareIdea, "/relire"), ends: true},
	"POST /idees/:id/retirer":          {as: resident, fill: ids(draftIdea), form: in("/idees/", draftIdea, "/relire"), ends: true},
	"POST /idees/:id/soutenir":         {as: unproven, fill: ids(idea), form: in("/idees/", idea, ""), ends: true},
	"POST /idees/:id/soutenir/annuler": {as: resident, fill: ids(idea), form: in("/idees/", idea, ""), ends: true},
	"POST /idees/:id/suivre":           {as: resident, fill: ids(idea), form: in("/idees/", idea, "")},
	"POST /idees/:id/budget":           {as: resident, fill: ids(idea), form: in("/idees/", idea, "")},
	"GET /office/idees/":               {as: agent},
	"GET /office/idees/export.csv":     {as: agent},
	"GET /office/idees/:id":            {as: agent, fill: ids(idea)},
	"POST /office/idees/:id/reponse":   {as: agent, fill: ids(idea), form: in("/office/idees/", idea, "")},
	"POST /office/idees/:id/fusionner": {as: agent, fill: ids(idea), form: in("/office/idees/", idea, ""), fields: func(p *planted) []string {
		return []string{"into", twinIdea(p)}
	}, ends: true},

	"GET /discussion/moderation":                     {mute: true},
	"GET /discussion/moderation/:case":               {as: agent, fill: ids(ideaJudged)},
	"POST /discussion/moderation/:case":              {as: agent, fill: ids(ideaJudged)},
	"GET /discussion/idees/:id/commenter":            {as: resident, fill: ids(idea), fields: func(p *planted) []string { return []string{"a", ideaComment(p)} }},
	"POST /discussion/idees/:id/commenter":           {as: resident, fill: ids(idea)},
	"GET /discussion/idees/:id/signaler":             {as: resident, fill: ids(idea), fields: func(p *planted) []string { return []string{"commentaire", ideaComment(p)} }},
	"POST /discussion/idees/:id/signaler":            {as: resident, fill: ids(idea)},
	"POST /discussion/commentaires/:comment/retirer": {as: resident, fill: ids(func(p *planted) string { return p.ideas.own.String() }), form: in("/idees/", idea, ""), ends: true},
	"GET /office/moderation":                         {as: "moderator"},
	"GET /office/moderation/:case":                   {as: "moderator", fill: ids(ideaCase)},
	"POST /office/moderation/:case":                  {as: "moderator", fill: ids(ideaCase)},

	"GET /consultations/":                        {},
	"GET /consultations/:id":                     {fill: ids(open)},
	"GET /consultations/:id/documents/:document": {fill: ids(open, func(p *planted) string { return p.document.String() })},

	"GET /missions/":                                                      {},
	"GET /missions/:id":                                                   {fill: ids(mission)},
	"GET /missions/:id/inscription":                                       {as: unproven, fill: ids(mission)},
	"POST /missions/:id/inscription":                                      {as: unproven, fill: ids(mission), fields: func(p *planted) []string { return []string{"slot", p.slot.String()} }},
	"GET /missions/:id/inscription/message":                               {as: moderator, fill: ids(mission)},
	"POST /missions/:id/inscription/message":                              {as: moderator, fill: ids(mission)},
	"GET /missions/:id/inscription/confirmation":                          {as: moderator, fill: ids(mission)},
	"POST /missions/:id/inscription/confirmation":                         {as: moderator, fill: ids(mission), ends: true},
	"GET /missions/mon-engagement":                                        {as: resident},
	"POST /missions/mon-engagement":                                       {as: resident, fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"POST /missions/mon-engagement/demande":                               {as: official, form: at("/missions/mon-engagement")},
	"GET /missions/pointage/:pass":                                        {as: agent, fill: func(p *planted) []string { return []string{p.pass} }},
	"POST /missions/pointage/:pass":                                       {as: agent, fill: func(p *planted) []string { return []string{p.pass} }},
	"GET /missions/inscriptions/:inscription/":                            {as: resident, fill: ids(asked)},
	"POST /missions/inscriptions/:inscription/messages":                   {as: resident, fill: ids(asked), form: in("/missions/inscriptions/", asked, "")},
	"POST /missions/inscriptions/:inscription/messages/:message/signaler": {as: resident, form: in("/missions/inscriptions/", asked, ""), fill: ids(asked, func(p *planted) string { return p.said.String() })},
	"POST /missions/inscriptions/:inscription/retirer":                    {as: resident, fill: ids(asked), form: in("/missions/inscriptions/", asked, ""), ends: true},
	"POST /missions/inscriptions/:inscription/accepter":                   {as: agent, fill: ids(asked), form: in("/missions/inscriptions/", asked, ""), ends: true},
	"POST /missions/inscriptions/:inscription/refuser":                    {as: agent, fill: ids(asked), form: in("/missions/inscriptions/", asked, ""), ends: true},
	"POST /missions/inscriptions/:inscription/presence":                   {as: agent, fill: ids(expected), form: in("/missions/inscriptions/", expected, "")},
	"POST /missions/inscriptions/:inscription/heures":                     {as: agent, fill: ids(unvalidated), form: in("/missions/inscriptions/", unvalidated, "")},
	"POST /missions/inscriptions/:inscription/heures/:line":               {as: agent, form: in("/missions/inscriptions/", worked, ""), fill: ids(worked, func(p *planted) string { return p.line })},
	"GET /missions/gerer/":                                                {as: agent},
	"GET /missions/gerer/nouvelle":                                        {as: agent},
	"POST /missions/gerer/nouvelle":                                       {as: agent, fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"GET /missions/gerer/:id":                                             {as: agent, fill: ids(mission)},
	"GET /missions/gerer/:id/texte":                                       {as: agent, fill: ids(mission)},
	"POST /missions/gerer/:id/texte":                                      {as: agent, fill: ids(mission)},
	"POST /missions/gerer/:id/publier":                                    {as: agent, fill: ids(sketched), form: in("/missions/gerer/", sketched, ""), ends: true},
	"POST /missions/gerer/:id/annuler":                                    {as: agent, fill: ids(mission), form: in("/missions/gerer/", mission, ""), ends: true},
	"POST /missions/gerer/:id/supprimer":                                  {as: agent, fill: ids(spareMission), form: in("/missions/gerer/", spareMission, "/texte"), ends: true},
	"POST /missions/gerer/:id/creneaux":                                   {as: agent, fill: ids(mission), form: in("/missions/gerer/", mission, "")},
	"POST /missions/gerer/:id/creneaux/:slot":                             {as: agent, form: in("/missions/gerer/", mission, ""), fill: ids(mission, func(p *planted) string { return p.slot.String() })},
	"POST /missions/gerer/:id/creneaux/:slot/retirer":                     {as: agent, form: in("/missions/gerer/", mission, ""), fill: ids(mission, func(p *planted) string { return p.freeSlot.String() }), ends: true},
	"GET /missions/gerer/:id/inscriptions.csv":                            {as: agent, fill: ids(mission)},
	"GET /missions/gerer/:id/benevoles":                                   {as: agent, fill: ids(mission)},
	"POST /missions/gerer/:id/benevoles/:citizen/inviter":                 {as: agent, form: in("/missions/gerer/", mission, "/benevoles"), fill: ids(mission, func(p *planted) string { return p.found })},
	"GET /office/missions/":                                               {as: agent},
	"GET /office/missions/dispositif":                                     {as: official},
	"POST /office/missions/dispositif":                                    {as: official},
	"GET /office/missions/demandes":                                       {as: official},
	"POST /office/missions/demandes/:claim/decider":                       {as: official, form: at("/office/missions/demandes"), fill: func(p *planted) []string { return []string{p.filed} }},
	"POST /office/missions/demandes/:claim/payer":                         {as: agent, form: at("/office/missions/demandes"), fill: func(p *planted) []string { return []string{p.grantedClaim} }},
	"GET /office/missions/signalements":                                   {as: moderator},
	"POST /office/missions/signalements/:message":                         {as: moderator, form: at("/office/missions/signalements"), fill: func(p *planted) []string { return []string{p.flaggedMessage.String()} }},
	"GET /office/missions/:id":                                            {as: agent, fill: ids(mission)},
	"POST /office/missions/:id":                                           {as: agent, fill: ids(mission), ends: true},

	"GET /budgets-participatifs/":                                                  {},
	"GET /budgets-participatifs/:id":                                               {fill: ids(votingEdition)},
	"GET /budgets-participatifs/:id/reglement":                                     {fill: ids(collecting)},
	"GET /budgets-participatifs/:id/projets":                                       {fill: ids(built)},
	"GET /budgets-participatifs/:id/resultat":                                      {fill: ids(counted)},
	"GET /budgets-participatifs/:id/deposer":                                       {as: resident, fill: ids(collecting)},
	"POST /budgets-participatifs/:id/deposer":                                      {as: resident, fill: ids(collecting), fields: func(p *planted) []string { return []string{"zone", p.zone.String(), "title", "Un banc"} }},
	"GET /budgets-participatifs/:id/projets/:project":                              {fill: ids(built, winner)},
	"GET /budgets-participatifs/:id/projets/:project/photo":                        {fill: ids(built, winner)},
	"GET /budgets-participatifs/:id/projets/:project/etapes/:step/photo":           {fill: ids(built, winner, builtStep)},
	"GET /budgets-participatifs/:id/projets/:project/modifier":                     {as: resident, fill: ids(collecting, draftProject)},
	"POST /budgets-participatifs/:id/projets/:project/modifier":                    {as: resident, fill: ids(collecting, draftProject)},
	"POST /budgets-participatifs/:id/projets/:project/retirer":                     {as: resident, fill: ids(collecting, droppedDraft), form: within(budgetSite, collecting, "/projets/", droppedDraft, "/modifier"), ends: true},
	"GET /office/budgets-participatifs/":                                           {as: official},
	"GET /office/budgets-participatifs/nouvelle":                                   {as: official},
	"POST /office/budgets-participatifs/nouvelle":                                  {as: official},
	"GET /office/budgets-participatifs/:id":                                        {as: official, fill: ids(studied)},
	"GET /office/budgets-participatifs/:id/apercu":                                 {as: official, fill: ids(sketchEdition)},
	"GET /office/budgets-participatifs/:id/texte":                                  {as: official, fill: ids(sketchEdition)},
	"POST /office/budgets-participatifs/:id/texte":                                 {as: official, fill: ids(sketchEdition)},
	"GET /office/budgets-participatifs/:id/calendrier":                             {as: official, fill: ids(sketchEdition)},
	"POST /office/budgets-participatifs/:id/calendrier":                            {as: official, fill: ids(sketchEdition)},
	"GET /office/budgets-participatifs/:id/enveloppes":                             {as: official, fill: ids(sketchEdition)},
	"POST /office/budgets-participatifs/:id/enveloppes":                            {as: official, fill: ids(sketchEdition)},
	"POST /office/budgets-participatifs/:id/supprimer":                             {as: official, fill: ids(spareEdition), form: in(budgetOffice, spareEdition, "/texte"), ends: true},
	"POST /office/budgets-participatifs/:id/publier":                               {as: official, fill: ids(readyEdition), form: in(budgetOffice, readyEdition, ""), ends: true},
	"GET /office/budgets-participatifs/:id/projets":                                {as: agent, fill: ids(studied)},
	"GET /office/budgets-participatifs/:id/projets.csv":                            {as: agent, fill: ids(studied)},
	"GET /office/budgets-participatifs/:id/projets/:project":                       {as: agent, fill: ids(studied, projectFile)},
	"POST /office/budgets-participatifs/:id/projets/:project":                      {as: agent, fill: ids(studied, projectFile)},
	"POST /office/budgets-participatifs/:id/projets/:project/retirer":              {as: agent, fill: ids(studied, unwantedFile), form: within(budgetOffice, studied, "/projets/", unwantedFile, ""), ends: true},
	"POST /office/budgets-participatifs/:id/projets/:project/etapes":               {as: agent, fill: ids(built, winner), form: within(budgetOffice, built, "/projets/", winner, "")},
	"POST /office/budgets-participatifs/:id/projets/:project/etapes/:step/retirer": {as: agent, fill: ids(built, winner, builtStep), form: within(budgetOffice, built, "/projets/", winner, ""), ends: true},
	"GET /office/budgets-participatifs/:id/decisions":                              {as: agent, fill: ids(studied)},
	"POST /office/budgets-participatifs/:id/decisions":                             {as: agent, fill: ids(studied), form: in(budgetOffice, studied, "/decisions"), ends: true},
	"GET /office/budgets-participatifs/:id/deliberation":                           {as: official, fill: ids(counted)},
	"POST /office/budgets-participatifs/:id/deliberation":                          {as: official, fill: ids(built), fields: func(p *planted) []string { return []string{"winners", winner(p)} }},
	"GET /office/budgets-participatifs/:id/vote":                                   {as: official, fill: ids(votingEdition)},
	"POST /office/budgets-participatifs/:id/vote":                                  {as: official, fill: ids(awaiting)},

	"GET /votes/:poll":                           {as: resident, fill: ids(poll)},
	"POST /votes/:poll":                          {as: resident, fill: ids(poll)},
	"GET /votes/:poll/verification":              {as: resident, fill: ids(poll), status: 303},
	"POST /votes/:poll/verification":             {as: resident, fill: ids(poll), form: in("/votes/", poll, "")},
	"GET /votes/:poll/bulletin":                  {as: resident, fill: ids(poll), status: 303},
	"POST /votes/:poll/presence":                 {fill: ids(room), form: in("/votes/", room, "")},
	"POST /votes/:poll/bulletin":                 {fill: ids(room), form: in("/votes/", room, "")},
	"GET /votes/:poll/recepisse/:number":         {as: resident, fill: ids(poll, func(p *planted) string { return p.receipt })},
	"GET /votes/:poll/resultats":                 {fill: ids(settled)},
	"GET /votes/:poll/resultats.csv":             {fill: ids(settled)},
	"GET /votes/:poll/resultats.json":            {fill: ids(settled), mute: true},
	"GET /votes/:poll/bulletins.csv":             {fill: ids(settled), mute: true},
	"GET /votes/:poll/recepisse/:number/fichier": {fill: ids(poll, func(p *planted) string { return p.receipt }), mute: true},
	"GET /votes/:poll/archive":                   {fill: ids(settled), mute: true},
	"GET /votes/:poll/journal/checkpoint":        {fill: ids(settled), mute: true},
	"GET /votes/:poll/journal/cle":               {fill: ids(settled), mute: true},
	"GET /votes/:poll/journal/tile/*":            {fill: ids(settled, func(*planted) string { return "entries/000.p/1" }), mute: true},
	"GET /verifier":                              {},
	"POST /verifier":                             {},
	"GET /verifier/archive":                      {status: 303},
	"POST /verifier/archive":                     {as: resident, form: at("/verifier")},
	"GET /verifier/cle":                          {mute: true},
	"GET /verifier/exemples/:name":               {fill: fixed("ecarte"), own: true, mute: true},
	"GET /ecran/:poll":                           {fill: ids(poll)},
	"GET /v":                                     {fields: func(p *planted) []string { return []string{"code", p.code} }, status: 303},
	"GET /v/:code":                               {fill: func(p *planted) []string { return []string{p.code} }, status: 303},

	"GET /office/":                                        {as: agent},
	"GET /office/style":                                   {as: agent},
	"GET /office/site":                                    {as: administrator},
	"POST /office/site":                                   {as: administrator},
	"POST /office/site/logo":                              {as: administrator, form: at("/office/site")},
	"POST /office/site/accessibilite":                     {as: administrator, form: at("/office/site")},
	"GET /office/site/pages/:page":                        {as: administrator, fill: fixed("charte"), own: true},
	"POST /office/site/pages/:page":                       {as: administrator, fill: fixed("charte"), own: true},
	"GET /office/journal":                                 {as: scrutineer, fields: func(p *planted) []string { return []string{"objet", "citizen/" + person(p)} }},
	"GET /office/citoyens":                                {as: agent},
	"POST /office/citoyens":                               {as: agent, fields: fixed("q", common)},
	"GET /office/citoyens/nouveau":                        {as: agent},
	"POST /office/citoyens/nouveau":                       {as: agent, fields: func(p *planted) []string { return []string{"zone", p.zone.String()} }},
	"GET /office/citoyens/:citizen":                       {as: agent, fill: ids(person)},
	"POST /office/citoyens/:citizen/identite":             {as: agent, fill: ids(newcomer), form: in("/office/citoyens/", newcomer, "")},
	"POST /office/citoyens/:citizen/domicile":             {as: agent, fill: ids(newcomer), form: in("/office/citoyens/", newcomer, "")},
	"POST /office/citoyens/:citizen/retirer":              {as: agent, fill: ids(person), form: in("/office/citoyens/", person, ""), ends: true},
	"POST /office/citoyens/:citizen/roles":                {as: administrator, fill: ids(person), form: in("/office/citoyens/", person, "")},
	"POST /office/citoyens/:citizen/roles/:grant/retirer": {as: administrator, form: in("/office/citoyens/", holder, ""), fill: ids(holder, func(p *planted) string { return p.grant.String() }), ends: true},

	"GET /office/consultations/":                                 {as: official},
	"GET /office/consultations/export.csv":                       {as: official},
	"GET /office/consultations/nouvelle":                         {as: official},
	"POST /office/consultations/nouvelle":                        {as: official, fields: func(p *planted) []string { return []string{"zone", p.zone.String(), "title", "Une place"} }},
	"GET /office/consultations/:id":                              {as: official, fill: ids(open)},
	"GET /office/consultations/:id/apercu":                       {as: official, fill: ids(draft)},
	"GET /office/consultations/:id/texte":                        {as: official, fill: ids(draft)},
	"POST /office/consultations/:id/texte":                       {as: official, fill: ids(draft)},
	"POST /office/consultations/:id/supprimer":                   {as: official, fill: ids(spare), form: in(offices, spare, "/texte"), ends: true},
	"GET /office/consultations/:id/documents":                    {as: official, fill: ids(draft)},
	"POST /office/consultations/:id/documents":                   {as: official, fill: ids(draft)},
	"GET /office/consultations/:id/documents/:document":          {as: official, fill: ids(draft, func(p *planted) string { return p.draftDocument.String() })},
	"POST /office/consultations/:id/documents/:document/retirer": {as: official, form: in(offices, draft, "/documents"), fill: ids(draft, func(p *planted) string { return p.draftDocument.String() }), ends: true},
	"GET /office/consultations/:id/votes":                        {as: official, fill: ids(draft)},
	"GET /office/consultations/:id/votes/nouveau":                {as: official, fill: ids(draft)},
	"POST /office/consultations/:id/votes/nouveau":               {as: official, fill: ids(draft), fields: func(p *planted) []string { return []string{"zones", p.zone.String()} }},
	"GET /office/consultations/:id/votes/:poll":                  {as: official, fill: ids(draft, sketch)},
	"POST /office/consultations/:id/votes/:poll":                 {as: official, fill: ids(draft, sketch)},
	"POST /office/consultations/:id/votes/:poll/deplacer":        {as: official, fill: ids(draft, sketch), form: in(offices, draft, "/votes")},
	"POST /office/consultations/:id/votes/:poll/retirer":         {as: official, fill: ids(draft, second), form: in(offices, draft, "/votes"), ends: true},
	"POST /office/consultations/:id/publier":                     {as: official, fill: ids(draft), form: in(offices, draft, ""), ends: true},
	"POST /office/consultations/:id/ouvrir":                      {as: official, fill: ids(upcoming), form: in(offices, upcoming, ""), ends: true},
	"POST /office/consultations/:id/prolonger":                   {as: official, fill: ids(open), form: in(offices, open, "")},
	"POST /office/consultations/:id/clore":                       {as: official, fill: ids(open), form: in(offices, open, ""), ends: true},
	"POST /office/consultations/:id/annuler":                     {as: official, fill: ids(later), form: in(offices, later, ""), ends: true},
	"GET /office/consultations/:id/suites":                       {as: official, fill: ids(closed)},
	"POST /office/consultations/:id/suites":                      {as: official, fill: ids(closed)},
	"POST /office/consultations/:id/suites/notes":                {as: official, fill: ids(closed), form: in(offices, closed, "/suites")},
	"POST /office/consultations/:id/suites/notes/:note/retirer":  {as: official, form: in(offices, closed, "/suites"), fill: ids(closed, func(p *planted) string { return p.note.String() }), ends: true},
	"GET /office/votes/:poll/archives":                           {as: administrator, fill: ids(settled)},
	"GET /office/votes/:poll/archives/proces-verbal":             {as: administrator, fill: ids(severed)},
	"POST /office/votes/:poll/archives/deliberation":             {as: administrator, fill: ids(settled), form: in("/office/votes/", settled, "/archives")},
	"POST /office/votes/:poll/archives/recours":                  {as: administrator, fill: ids(settled), form: in("/office/votes/", settled, "/archives")},
	"POST /office/votes/:poll/archives/recours/lever": {as: administrator, fill: ids(settled), form: in("/office/votes/", settled, "/archives"), fields: func(p *planted) []string {
		return []string{"recours", p.appeal.String(), "lifted_on", "2020-01-01", "outcome", "x"}
	}},
	"POST /office/votes/:poll/archives/detruire":      {as: administrator, fill: ids(ripe), form: in("/office/votes/", ripe, "/archives"), ends: true},
	"GET /office/votes/:poll/affiche":                 {as: official, fill: ids(room)},
	"GET /office/scrutin":                             {as: scrutineer},
	"GET /office/votes/:poll/scrutin":                 {as: scrutineer, fill: ids(room)},
	"POST /office/votes/:poll/scrutin/incidents":      {as: scrutineer, fill: ids(room), form: in("/office/votes/", room, "/scrutin")},
	"POST /office/votes/:poll/scrutin/prolonger":      {as: administrator, fill: ids(room), form: in("/office/votes/", room, "/scrutin")},
	"GET /office/votes/:poll/billets":                 {as: official, fill: ids(ticketed)},
	"POST /office/votes/:poll/billets":                {as: official, fill: ids(ticketed)},
	"GET /office/votes/:poll/billets/:batch":          {as: official, fill: ids(ticketed, func(*planted) string { return "2" })},
	"POST /office/votes/:poll/billets/:batch/annuler": {as: official, fill: ids(ticketed, func(*planted) string { return "1" }), form: in("/office/votes/", ticketed, "/billets"), ends: true},
	"GET /office/votes/:poll/pupitre":                 {as: official, fill: ids(room)},
	"POST /office/votes/:poll/pupitre":                {as: official, fill: ids(room)},
	"GET /api/v1/votes/:poll":                         {as: resident, fill: ids(poll)},
	"GET /votes/:poll/attente":                        {as: unproven, fill: ids(unsure), status: 303},
	"POST /votes/:poll/attente":                       {as: unproven, fill: ids(unsure), form: in("/votes/", unsure, "")},
	"POST /votes/:poll/attente/retirer":               {as: unproven, fill: ids(unsure), form: in("/votes/", unsure, "")},
	"GET /office/votes/:poll/liste":                   {as: official, fill: ids(second)},
	"POST /office/votes/:poll/liste":                  {as: official, fill: ids(second)},

	"GET /agenda/":                                                {},
	"GET /agenda/mois":                                            {},
	"GET /agenda/semaine":                                         {},
	"GET /agenda/agenda.ics":                                      {},
	"GET /agenda/nouveau":                                         {as: agent},
	"POST /agenda/nouveau":                                        {as: agent, fields: inZone},
	"GET /agenda/:id":                                             {fill: ids(event)},
	"GET /agenda/:id/evenement.ics":                               {fill: ids(event)},
	"GET /agenda/:id/modifier":                                    {as: agent, fill: ids(event)},
	"POST /agenda/:id/modifier":                                   {as: agent, fill: ids(event), fields: inZone},
	"POST /agenda/:id/annuler":                                    {as: agent, fill: ids(event), form: in("/agenda/", event, ""), ends: true},
	"GET /office/agenda/":                                         {as: agent},
	"GET /associations/":                                          {},
	"GET /associations/nouvelle":                                  {as: agent},
	"POST /associations/nouvelle":                                 {as: agent, fields: inZone},
	"GET /associations/:id":                                       {fill: ids(guild)},
	"GET /associations/:id/logo/:sha":                             {fill: ids(guild, func(p *planted) string { return p.guilds.guildLogo })},
	"GET /associations/:id/responsable":                           {as: agent, fill: ids(guild)},
	"POST /associations/:id/responsable":                          {as: agent, fill: ids(guild)},
	"POST /associations/:id/demande/retirer":                      {as: resident, fill: ids(guild), form: in("/associations/", guild, ""), ends: true},
	"GET /associations/:id/espace":                                {as: "moderator", fill: ids(guild)},
	"POST /associations/:id/espace/demandes/:claim":               {as: "moderator", form: in("/associations/", guild, "/espace"), fill: ids(guild, func(p *planted) string { return p.guilds.claim.String() }), ends: true},
	"GET /associations/:id/espace/fiche":                          {as: "moderator", fill: ids(guild)},
	"POST /associations/:id/espace/fiche":                         {as: "moderator", fill: ids(guild), fields: inZone},
	"POST /associations/:id/espace/logo":                          {as: "moderator", fill: ids(guild), form: in("/associations/", guild, "/espace/fiche")},
	"GET /associations/:id/espace/actualites":                     {as: "moderator", fill: ids(guild)},
	"POST /associations/:id/espace/actualites":                    {as: "moderator", fill: ids(guild)},
	"POST /associations/:id/espace/actualites/:post/retirer":      {as: "moderator", form: in("/associations/", guild, "/espace/actualites"), fill: ids(guild, func(p *planted) string { return p.guilds.post.String() }), ends: true},
	"POST /associations/:id/espace/quitter":                       {as: "moderator", fill: ids(guild), form: in("/associations/", guild, "/espace"), ends: true},
	"GET /office/associations/":                                   {as: agent},
	"GET /office/associations/export.csv":                         {as: agent},
	"GET /office/associations/nouvelle":                           {as: agent},
	"POST /office/associations/nouvelle":                          {as: agent, fields: inZone},
	"GET /office/associations/:id":                                {as: agent, fill: ids(guild)},
	"GET /office/associations/:id/fiche":                          {as: agent, fill: ids(guild)},
	"POST /office/associations/:id/fiche":                         {as: agent, fill: ids(guild), fields: inZone},
	"POST /office/associations/:id/demandes/:claim":               {as: agent, form: in("/office/associations/", guild, ""), fill: ids(guild, func(p *planted) string { return p.guilds.claim2.String() }), ends: true},
	"POST /office/associations/:id/responsables/:citizen/retirer": {as: agent, form: in("/office/associations/", guild2, ""), fill: ids(guild2, guildKeeper), ends: true},
	"POST /office/associations/:id/actualites/:post/retirer":      {as: agent, form: in("/office/associations/", guild2, ""), fill: ids(guild2, func(p *planted) string { return p.guilds.post2.String() }), ends: true},
	"POST /office/associations/:id/verifier":                      {as: agent, fill: ids(pending), form: in("/office/associations/", pending, ""), ends: true},
	"POST /office/associations/:id/refuser":                       {as: agent, fill: ids(refusable), form: in("/office/associations/", refusable, ""), ends: true},
	"POST /office/associations/:id/clore":                         {as: agent, fill: ids(inPublic), form: in("/office/associations/", inPublic, ""), ends: true},
	"POST /office/associations/:id/rouvrir":                       {as: agent, fill: ids(shutGuild), form: in("/office/associations/", shutGuild, ""), ends: true},
}, paperWays)

var stylesheetRE = regexp.MustCompile(`/static/app\.[^"]+\.css`)

func stylesheet(p *planted) string {
	return stylesheetRE.FindString(p.visitor(p.asker.TB, p.host).get("/").body)
}

// path writes the address of a route with these parameters.
func path(pattern string, params []string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if (strings.HasPrefix(part, ":") || part == "*") && len(params) > 0 {
			parts[i], params = params[0], params[1:]
		}
	}
	return strings.Join(parts, "/")
}

func (w way) params(p *planted) []string {
	if w.fill == nil {
		return nil
	}
	return w.fill(p)
}

// page is the address of the page with the route's form.
func (w way) page(pattern string, p *planted) string {
	if w.form != nil {
		return w.form(p)
	}
	return path(pattern, w.params(p))
}

// browser is that of whoever may take this way.
func (w way) browser(t testing.TB, p *planted) *client {
	t.Helper()
	switch w.as {
	case "":
		return p.as(t, visitor)
	case "asker":
		c := *p.asker
		c.TB = t
		return &c
	case "tablet":
		c := *p.tablet
		c.TB = t
		return &c
	case "leaver":
		return p.signedIn(t, p.host, p.says(resident))
	}
	return p.as(t, w.as)
}

// everyRoute is the live route table, with the way to each.
func everyRoute(t testing.TB, s *server) (routes []web.Route) {
	t.Helper()
	routes = web.RouteTable(s.app.Fiber)
	for _, r := range routes {
		if _, known := ways[r.Method+" "+r.Path]; !known {
			t.Errorf("%s %s has no line in routes_test.go: say who may reach it, and with what", r.Method, r.Path)
		}
	}
	for name := range ways {
		method, pattern, _ := strings.Cut(name, " ")
		if !slices.Contains(routes, web.Route{Method: method, Path: pattern}) {
			t.Errorf("%s has a line in routes_test.go, and no route", name)
		}
	}
	return routes
}
