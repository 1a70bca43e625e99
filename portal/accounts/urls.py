"""Addresses of signing in. Only what the portal uses of allauth has one: there are no pages about email."""

from allauth.account import views as allauth_views
from django.urls import include, path

from portal.accounts import again, views
from portal.accounts.own_sign_ins import own_sign_ins

urlpatterns = [
    path("login/", views.CourierLoginView.as_view(), name="account_login"),
    path("login/code/confirm/", views.ConfirmLoginCode.as_view(), name="account_confirm_login_code"),
    path("staff/", views.StaffLoginView.as_view(), name="account_staff_login"),
    path("link/<str:token>/", views.login_by_link, name="account_login_link"),
    path("returning/", views.returning, name="account_returning"),
    path("sign-ins/", own_sign_ins, name="account_sign_ins"),
    path("post/", views.choose_post, name="account_post"),
    path("signup/", views.CourierSignupView.as_view(), name="account_signup"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", allauth_views.password_change, name="account_change_password"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("phone/verify/", views.verify_phone, name="account_verify_phone"),
    path("phone/change/", again.change_phone, name="account_change_phone"),
    path("again/", again.sign_in_again, name="account_again"),
    path("2fa/", include("allauth.mfa.urls")),
]
