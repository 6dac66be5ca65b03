"""Logging in and the second factor, under ``/admin/`` and ahead of Wagtail's own routes."""

from django.urls import path

from cms.accounts import views

urlpatterns = [
    path("login/", views.sign_in, name="sign_in"),
    path("login/code/", views.sign_in_code, name="sign_in_code"),
    path("second-factor/", views.overview, name="second_factor"),
    path("second-factor/code/", views.prove, name="second_factor_code"),
    path("second-factor/begin/", views.begin, name="second_factor_begin"),
    path("second-factor/set-up/", views.set_up, name="second_factor_set_up"),
    path("second-factor/picture.svg", views.picture, name="second_factor_picture"),
    *(
        path(
            f"second-factor/{step.name}/", views.step_view(step), name=f"second_factor_{step.name}"
        )
        for step in views.STEPS
    ),
    path("second-factor/reset/<int:number>/", views.reset, name="second_factor_reset"),
]
