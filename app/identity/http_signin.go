package identity

import (
	"cmp"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/identity/views"
	"parvis/app/ui"
	"parvis/app/web"
)

type signUpForm struct {
	Name    string    `form:"name" label:"identity.name" validate:"required,max=80"`
	Email   string    `form:"email" label:"identity.email" validate:"required,max=254"`
	Zone    uuid.UUID `form:"zone"`
	Address string    `form:"address" validate:"max=200"`
	Charter bool      `form:"charter"`
	Notify  bool      `form:"notify"`
}

func (s *Service) signUpPage(c *fiber.Ctx) error {
	if web.Viewer(c).SignedIn {
		return web.SeeOther(c, web.ReturnPath(c, "/moi"))
	}
	return s.showSignUp(c, signUpForm{}, nil)
}

func (s *Service) showSignUp(c *fiber.Ctx, f signUpForm, errs ui.Errors) error {
	return web.Page(c, views.SignUpPage(views.SignUp{
		Name: f.Name, Email: f.Email, Address: f.Address, Zone: zoneText(f.Zone), Charter: f.Charter, Notify: f.Notify,
		Return: back(c), Zones: ui.ZoneOptions(web.Tenant(c)),
	}, errs))
}

func (s *Service) signUp(c *fiber.Ctx) error {
	var f signUpForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	form := SignUp{Name: f.Name, Email: f.Email, Address: f.Address, Zone: f.Zone, Charter: f.Charter, Notify: f.Notify}
	if errs.Any() {
		_, err = form.parse(web.Tenant(c))
		errs = allOf(c, errs, err)
	} else {
		err = s.AskSignUp(web.Context(c), web.Tenant(c), browserOf(c), form, back(c))
		if err == nil {
			return web.SeeOther(c, "/connexion/code")
		}
		var ok bool
		if errs, ok = web.Errors(c, onField(err, "email")); !ok {
			return err
		}
	}
	return s.showSignUp(c, f, errs)
}

// allOf adds to what is wrong with a form what its meaning adds, so that
// nobody is sent back twice: once for each field, in the order of the form.
func allOf(c *fiber.Ctx, errs ui.Errors, err error) ui.Errors {
	more, _ := web.Errors(c, err)
	for _, e := range more {
		if errs.For(e.Name) == "" {
			errs = append(errs, e)
		}
	}
	order := []string{"name", "email", "address", "zone", "charter"}
	slices.SortStableFunc(errs, func(a, b ui.FieldError) int {
		return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
	})
	return errs
}

type signInForm struct {
	Email string `form:"email" label:"identity.email" validate:"required,max=254"`
}

func (s *Service) signInPage(c *fiber.Ctx) error {
	if web.Viewer(c).SignedIn {
		return web.SeeOther(c, web.ReturnPath(c, "/moi"))
	}
	return s.showSignIn(c, signInForm{}, nil)
}

func (s *Service) showSignIn(c *fiber.Ctx, f signInForm, errs ui.Errors) error {
	offered, err := s.DemoAccounts(web.Context(c), web.Tenant(c))
	if err != nil {
		return err
	}
	page := views.SignIn{Email: f.Email, Return: back(c)}
	for _, o := range offered {
		page.Demo = append(page.Demo, views.Offered{ID: o.ID.String(), Name: o.Name, Note: o.Note})
	}
	return web.Page(c, views.SignInPage(page, errs))
}

func (s *Service) signIn(c *fiber.Ctx) error {
	var f signInForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = s.AskSignIn(web.Context(c), web.Tenant(c), browserOf(c), f.Email, back(c))
		if err == nil {
			return web.SeeOther(c, "/connexion/code")
		}
		var ok bool
		if errs, ok = web.Errors(c, onField(err, "email")); !ok {
			return err
		}
	}
	return s.showSignIn(c, f, errs)
}

func (s *Service) codePage(c *fiber.Ctx) error { return s.showCode(c, nil) }

func (s *Service) showCode(c *fiber.Ctx, errs ui.Errors) error {
	email, waiting, err := s.Waiting(web.Context(c), web.Tenant(c).ID, web.Visit(c))
	if err != nil {
		return err
	}
	if waiting {
		return web.Page(c, views.CodePage(views.Code{Email: email, Outbox: s.mail.Keeps(web.Tenant(c))}, errs))
	}
	if web.Viewer(c).SignedIn {
		return web.SeeOther(c, "/moi")
	}
	return web.Page(c, views.CodeGonePage())
}

type codeForm struct {
	Code string `form:"code" validate:"required,max=20"`
}

func (s *Service) enterCode(c *fiber.Ctx) error {
	var f codeForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		opened, err := s.EnterCode(web.Context(c), web.Tenant(c), browserOf(c), f.Code)
		if err == nil {
			return s.arrive(c, opened)
		}
		var ok bool
		if errs, ok = web.Errors(c, onField(err, "code")); !ok {
			return err
		}
	}
	return s.showCode(c, errs)
}

func (s *Service) linkPage(c *fiber.Ctx) error {
	token := c.Params("token")
	email, err := s.LookAtLink(web.Context(c), web.Tenant(c).ID, web.Visit(c), token)
	web.NoStore(c)
	if err == nil {
		return web.Page(c, views.LinkPage(token, email))
	}
	return s.showBadLink(c, err)
}

// showBadLink says why a link does not open anything. Whoever is signed in has
// most likely just used it.
func (s *Service) showBadLink(c *fiber.Ctx, err error) error {
	switch {
	case errors.Is(err, ErrLinkGone) && web.Viewer(c).SignedIn:
		return web.SeeOther(c, "/moi")
	case errors.Is(err, ErrLinkGone):
		c.Status(fiber.StatusGone)
		return web.Page(c, views.LinkGonePage())
	case errors.Is(err, ErrOtherBrowser):
		c.Status(fiber.StatusConflict)
		return web.Page(c, views.OtherBrowserPage())
	}
	return err
}

func (s *Service) followLink(c *fiber.Ctx) error {
	opened, err := s.FollowLink(web.Context(c), web.Tenant(c), browserOf(c), c.Params("token"))
	if err != nil {
		return s.showBadLink(c, err)
	}
	return s.arrive(c, opened)
}

type passwordForm struct {
	Email    string `form:"email" label:"identity.email" validate:"required,max=254"`
	Password string `form:"password,raw" label:"identity.password.label" validate:"required"`
}

func (s *Service) passwordPage(c *fiber.Ctx) error {
	return web.Page(c, views.PasswordPage(views.Password{Return: back(c)}, nil))
}

func (s *Service) passwordSignIn(c *fiber.Ctx) error {
	var f passwordForm
	errs, err := web.Bind(c, &f)
	if err != nil {
		return err
	}
	if !errs.Any() {
		opened, err := s.SignInWithPassword(web.Context(c), web.Tenant(c), browserOf(c), f.Email, f.Password)
		if err == nil {
			opened.ReturnTo = back(c)
			return s.arrive(c, opened)
		}
		var ok bool
		if errs, ok = web.Errors(c, onField(err, "password")); !ok {
			return err
		}
	}
	return web.Page(c, views.PasswordPage(views.Password{Email: f.Email, Return: back(c)}, errs))
}

func (s *Service) borrow(c *fiber.Ctx) error {
	id, err := citizen.ParseID(c.FormValue("compte"))
	if err != nil {
		return ErrNoDemo.Wrap(err)
	}
	opened, err := s.BorrowDemo(web.Context(c), web.Tenant(c), browserOf(c), id)
	if err != nil {
		return err
	}
	opened.ReturnTo = back(c)
	return s.arrive(c, opened)
}

func (s *Service) signOut(c *fiber.Ctx) error {
	if token := web.SessionToken(c); token != "" {
		err := s.SignOut(web.Context(c), web.Tenant(c).ID, token)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		web.ClearSession(c)
		web.Flash(c, "identity.signed_out")
	}
	return web.SeeOther(c, "/")
}
